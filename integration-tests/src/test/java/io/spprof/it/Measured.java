package io.spprof.it;

import java.util.Locale;

/** Prints figures that no test asserts, if {@code -Dspprof.it.measured=true} is set. */
final class Measured {

  private static final boolean PRINTS = Boolean.getBoolean("spprof.it.measured");

  private Measured() {}

  static void print(String format, Object... figures) {
    if (PRINTS) {
      System.out.printf(Locale.ROOT, "measured: " + format + "%n", figures);
    }
  }
}
