package io.spprof.it;

import java.util.Locale;

/** Prints figures that no test asserts, if {@code -Dspprof.it.measured=true} is set. */
final class Measured {

  private static final boolean TELL = Boolean.getBoolean("spprof.it.measured");

  private Measured() {}

  static void tell(String format, Object... figures) {
    if (TELL) {
      System.out.printf(Locale.ROOT, "measured: " + format + "%n", figures);
    }
  }
}
