package io.spprof.collect;

import java.util.Arrays;

/**
 * The libraries to which the walker gave numbers. A library that is unloaded keeps its number.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class LibraryTable {

  private static final int FIRST_CAPACITY = 64;
  private static final int MOST = 4096; // The walker gives fewer numbers (library_numbers.h).

  private Library[] libraries = new Library[FIRST_CAPACITY]; // by number
  private int reported;

  /** Sets the library of a number. */
  void set(int number, Library library) {
    if (number <= 0 || number >= MOST) {
      return;
    }
    reported++;
    if (number >= libraries.length) {
      libraries = Arrays.copyOf(libraries, Math.max(2 * libraries.length, number + 1));
    }
    libraries[number] = library;
  }

  /** Returns the library of a number; {@link Library#UNKNOWN} if it was not reported. */
  Library get(int number) {
    Library library = number > 0 && number < libraries.length ? libraries[number] : null;
    return library == null ? Library.UNKNOWN : library;
  }

  /** Returns how many libraries were reported since the walker restarted its numbering. */
  int reported() {
    return reported;
  }

  /** Forgets all numbers, because the walker restarts its numbering. */
  void forget() {
    libraries = new Library[FIRST_CAPACITY];
    reported = 0;
  }
}
