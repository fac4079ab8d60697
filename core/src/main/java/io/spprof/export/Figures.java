package io.spprof.export;

import io.spprof.profile.ProfileInfo;
import java.util.Locale;

/** Formats numbers for readers of a report, in the same way for every locale. */
final class Figures {

  private Figures() {}

  /** Returns a count, for instance {@code 12,345}. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** Returns a count with a noun, for instance {@code 1,234 samples} or {@code 1 sample}. */
  static String count(long value, String noun) {
    return count(value) + ' ' + noun + (value == 1 ? "" : "s");
  }

  /** Returns a percentage, for instance {@code 12.34 %}. */
  static String percent(double value) {
    return String.format(Locale.ROOT, "%.2f %%", value);
  }

  /** Returns a part's share of the whole in percent; 0 if the whole is 0. */
  static double share(double part, double whole) {
    return whole > 0 ? 100.0 * part / whole : 0;
  }

  /**
   * Returns a duration in the most readable unit, for instance {@code 350 us} or {@code 1.20 s}.
   */
  static String nanos(long nanos) {
    if (nanos == 0) {
      return "0 s";
    }
    if (nanos < 1_000_000) {
      return scaled(nanos / 1e3, "us");
    }
    if (nanos < 1_000_000_000) {
      return scaled(nanos / 1e6, "ms");
    }
    long seconds = nanos / 1_000_000_000;
    if (seconds < 600) {
      return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }
    return String.format(
        Locale.ROOT, "%d h %02d min %02d s", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }

  /**
   * Returns the sampling interval of a profile, for instance {@code 10 ms}. If a budget changed the
   * interval, returns the shortest and the longest interval, for instance {@code 10 ms to 40 ms}.
   */
  static String intervals(ProfileInfo info) {
    String shortest = nanos(info.intervalNanos());
    return info.longestIntervalNanos() > info.intervalNanos()
        ? shortest + " to " + nanos(info.longestIntervalNanos())
        : shortest;
  }

  /** Returns what the samples were taken of, for instance {@code CPU time, every 10 ms}. */
  static String event(ProfileInfo info) {
    return "CPU time, every " + intervals(info);
  }

  private static String scaled(double value, String unit) {
    return String.format(
        Locale.ROOT, value == Math.rint(value) ? "%.0f %s" : "%.2f %s", value, unit);
  }
}
