package io.spprof.collect;

import java.util.Arrays;

/**
 * The libraries to which the walker gave numbers. The table names their functions: by the library's
 * file and the address of the function's first instruction, in the file's own addresses, for
 * instance {@code libc.so.6+0x9bf40}. A library that is unloaded keeps its number.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class LibraryTable {

  /** The name of the process's own program, whose path the system does not report. */
  private static final String PROGRAM = "program";

  private static final String NOT_REPORTED = "[unknown library]";
  private static final int FIRST_CAPACITY = 64;
  private static final int MOST = 4096; // The walker gives fewer numbers (library_numbers.h).

  private String[] files = new String[FIRST_CAPACITY]; // by the library's number
  private int reported;

  /** Sets the library of a number. */
  void library(int number, String path) {
    if (number <= 0 || number >= MOST) {
      return;
    }
    reported++;
    if (number >= files.length) {
      files = Arrays.copyOf(files, Math.max(2 * files.length, number + 1));
    }
    files[number] = path.isEmpty() ? PROGRAM : path.substring(path.lastIndexOf('/') + 1);
  }

  /** Returns the name of a function. */
  String function(int library, long address) {
    String file = library > 0 && library < files.length ? files[library] : null;
    return (file == null ? NOT_REPORTED : file) + "+0x" + Long.toHexString(address);
  }

  /** Returns how many libraries were reported since the walker restarted its numbering. */
  int reported() {
    return reported;
  }

  /** Forgets all numbers, because the walker restarts its numbering. */
  void forget() {
    files = new String[FIRST_CAPACITY];
    reported = 0;
  }
}
