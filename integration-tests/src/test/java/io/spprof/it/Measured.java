package io.spprof.it;

import java.util.Locale;

/** Figures that no test asserts, for whoever wants them: -Dspprof.it.measured=true prints them. */
final class Measured {

  private static final boolean TELL = Boolean.getBoolean("spprof.it.measured");

  private Measured() {}

  static void tell(String format, Object... figures) {
    if (TELL) {
      System.out.printf(Locale.ROOT, "measured: " + format + "%n", figures);
    }
  }
}
