package io.spprof.symbol.elf;

/**
 * A library as the process has loaded it. Another file can be at its path by now. The build id
 * identifies the file. A file without a build id is compared with the library in memory.
 *
 * @param path the library's path, not null; "" is the program itself; {@link #VDSO} is the kernel's
 *     library, which is in no file
 * @param buildId the build id that the loaded library has in memory, in lower-case hexadecimal
 *     digits; not null; "" if it has none
 * @param base what is added to an address in the file to get the address in memory; 0 if the build
 *     id identifies the library
 * @param report a number that distinguishes libraries without a build id, which can be loaded one
 *     after the other at one place; 0 if the build id identifies the library
 */
public record LoadedLibrary(String path, String buildId, long base, long report) {

  /** The path of the kernel's library. */
  public static final String VDSO = "[vdso]";

  /**
   * Describes a library by what is known of it.
   *
   * @param path as above
   * @param buildId as above
   * @param base as above, also with a build id
   * @param report as above, also with a build id
   * @return equal for two libraries if they have the same file
   */
  public static LoadedLibrary of(String path, String buildId, long base, long report) {
    boolean isInFile = !path.equals(VDSO);
    return isInFile && !buildId.isEmpty()
        ? new LoadedLibrary(path, buildId, 0, 0)
        : new LoadedLibrary(path, buildId, base, isInFile ? report : 0);
  }

  // Written out: the generated methods of a record can keep its class loader (RecordMethodsTest).
  @Override
  public boolean equals(Object other) {
    return other instanceof LoadedLibrary that
        && path.equals(that.path)
        && buildId.equals(that.buildId)
        && base == that.base
        && report == that.report;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * path.hashCode() + buildId.hashCode()) + Long.hashCode(base);
  }

  /** Returns whether this is the kernel's library. */
  boolean isVdso() {
    return path.equals(VDSO);
  }
}
