package io.spprof.collect;

import io.spprof.profile.FrameKind;
import io.spprof.profile.ProfileLibrary;
import io.spprof.symbol.elf.LoadedLibrary;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;

/**
 * A library with native code, as the walker reported it.
 *
 * @param shown the library in a profile; null if the walker did not report it
 * @param loaded identifies the library's file; null if the walker did not report it
 */
record Library(ProfileLibrary shown, LoadedLibrary loaded) {

  /** Separates the library from the symbol in the name of a function. */
  private static final char SEPARATOR = '`';

  /** The name of the process's own program, whose path the system does not report. */
  private static final String PROGRAM = "program";

  private static final String NOT_REPORTED = "[unknown library]";
  private static final Set<String> JVM = Set.of("libjvm.so", "libjvm.dylib");

  /** Stands for a library that was not reported. */
  static final Library UNKNOWN = new Library(null, null);

  /**
   * Describes a library.
   *
   * @param report a number that is different for each report of a library
   */
  static Library of(String path, byte[] buildId, long base, long report) {
    String file = path.isEmpty() ? PROGRAM : path.substring(path.lastIndexOf('/') + 1);
    String id = HexFormat.of().formatHex(buildId);
    return new Library(
        new ProfileLibrary(file.replace(SEPARATOR, '\''), path, id),
        LoadedLibrary.of(path, id, base, report));
  }

  // Written out: the generated methods of a record can keep its class loader (RecordMethodsTest).
  @Override
  public boolean equals(Object other) {
    return other instanceof Library that
        && Objects.equals(shown, that.shown)
        && Objects.equals(loaded, that.loaded);
  }

  @Override
  public int hashCode() {
    return Objects.hash(shown, loaded);
  }

  private String file() {
    return shown == null ? NOT_REPORTED : shown.file();
  }

  /** Returns the kind of its functions. */
  FrameKind kind() {
    return JVM.contains(file()) ? FrameKind.JVM : FrameKind.NATIVE;
  }

  /** Returns the name of a function that has a symbol, for instance {@code libc.so.6`memset}. */
  String function(String symbol) {
    return file() + SEPARATOR + symbol;
  }

  /** Returns the name of a function without a symbol, for instance {@code libc.so.6+0x9bf40}. */
  String function(long address) {
    return file() + "+0x" + Long.toHexString(address);
  }
}
