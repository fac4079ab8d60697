package io.spprof.console;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Texts for values, as short as a person needs them. */
final class Words {

  /** The answer of the bean's operation {@code stop}. */
  private static final Pattern FINAL_FIGURES =
      Pattern.compile(
          "session=(\\d{1,9}) durationMillis=(\\d{1,15}) collected=(\\d{1,18}) dropped=(\\d{1,18})"
              + " (?:.* )?measuredOverheadPercent=(\\d{1,3}\\.\\d{1,9})(?: .*)?");

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

  /**
   * Returns the final figures of a session.
   *
   * @param answer the answer of the bean's operation {@code stop}
   * @return the answer itself if it is of an unknown form
   */
  static String finalFigures(String answer) {
    Matcher figures = FINAL_FIGURES.matcher(answer);
    return !figures.matches()
        ? answer
        : String.format(
            Locale.ROOT,
            "Session %s: %,d samples, %,d dropped, measured overhead %.2f %% of one CPU, in %s",
            figures.group(1),
            Long.parseLong(figures.group(3)),
            Long.parseLong(figures.group(4)),
            Double.parseDouble(figures.group(5)),
            duration(Long.parseLong(figures.group(2))));
  }

  /** Returns a number with three digits at least, without zeros at the end of a fraction. */
  static String number(double value) {
    String format = value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : "%.2f";
    String text = String.format(Locale.ROOT, format, value);
    return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
  }
}
