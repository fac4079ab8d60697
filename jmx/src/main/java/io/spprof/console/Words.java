package io.spprof.console;

import java.util.Locale;

/** Texts for values, as short as a person needs them. */
final class Words {

  private Words() {}

  /**
   * Returns a duration in its two largest units: 45 s, 12 min 5 s, 3 h 12 min, 4 d 2 h.
   *
   * @param millis the duration in milliseconds
   */
  static String duration(double millis) {
    long seconds = (long) (millis / 1000);
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return two(seconds, 60, "min", 1, "s");
    }
    if (seconds < 86_400) {
      return two(seconds, 3600, "h", 60, "min");
    }
    return two(seconds, 86_400, "d", 3600, "h");
  }

  private static String two(long seconds, long large, String unit, long small, String smallUnit) {
    long rest = seconds % large / small;
    return seconds / large + " " + unit + (rest == 0 ? "" : " " + rest + " " + smallUnit);
  }

  /**
   * Returns an interval in the unit that suits it, rounded to three digits: 100 µs, 2.5 ms, 1 s.
   *
   * @param nanos the interval in nanoseconds
   */
  static String interval(double nanos) {
    if (Double.isNaN(nanos)) {
      return "-";
    }
    if (nanos < 1e6) {
      return number(nanos / 1e3) + " \u00b5s";
    }
    return nanos < 1e9 ? number(nanos / 1e6) + " ms" : number(nanos / 1e9) + " s";
  }

  /** Returns a number with three digits at least, without zeros at the end of a fraction. */
  static String number(double value) {
    String format = value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : "%.2f";
    String text = String.format(Locale.ROOT, format, value);
    return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
  }
}
