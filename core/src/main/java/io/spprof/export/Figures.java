package io.spprof.export;

import io.spprof.profile.Profile;
import java.util.Locale;

/** Formats numbers for a reader, in the same way for every locale. */
final class Figures {

  private Figures() {}

  /** For instance {@code 12,345}. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** For instance {@code 1,234 samples} or {@code 1 sample}. */
  static String count(long value, String noun) {
    return count(value) + ' ' + noun + (value == 1 ? "" : "s");
  }

  /** For instance {@code 12.34 %}. */
  static String percent(double value) {
    return String.format(Locale.ROOT, "%.2f %%", value);
  }

  /** A part's share of the whole in percent; 0 if the whole is 0. */
  static double share(double part, double whole) {
    return whole > 0 ? 100.0 * part / whole : 0;
  }

  /** A duration in ns, shown in the most readable unit: {@code 350 us}, {@code 1.20 s}. */
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

  /** The sampling interval: {@code 10 ms}, or {@code 10 ms to 40 ms} if a budget changed it. */
  static String intervals(Profile.Info info) {
    String shortest = nanos(info.intervalNanos());
    return info.longestIntervalNanos() > info.intervalNanos()
        ? shortest + " to " + nanos(info.longestIntervalNanos())
        : shortest;
  }

  private static String scaled(double value, String unit) {
    return String.format(
        Locale.ROOT, value == Math.rint(value) ? "%.0f %s" : "%.2f %s", value, unit);
  }
}
