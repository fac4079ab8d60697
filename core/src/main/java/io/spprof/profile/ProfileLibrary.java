package io.spprof.profile;

/**
 * A library with native code, of which a profile has functions.
 *
 * @param file the file's name without its folder, as it stands in the names of functions
 * @param path the path under which the library was loaded; "" for the process's own program, {@code
 *     [vdso]} for the kernel's code in the process
 * @param buildId the library's build id in lower-case hexadecimal digits; "" if it has none
 */
public record ProfileLibrary(String file, String path, String buildId) {
  // Written out: the generated methods of a record can keep its class loader (RecordMethodsTest).
  @Override
  public boolean equals(Object other) {
    return other instanceof ProfileLibrary that
        && file.equals(that.file)
        && path.equals(that.path)
        && buildId.equals(that.buildId);
  }

  @Override
  public int hashCode() {
    return 31 * path.hashCode() + buildId.hashCode();
  }
}
