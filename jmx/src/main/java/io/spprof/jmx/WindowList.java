package io.spprof.jmx;

import io.spprof.profile.WindowStats;
import io.spprof.sampler.KernelTimes;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * Formats the time windows of a session as a table, for people and scripts. A window is a stretch
 * of time whose samples are kept together.
 */
final class WindowList {

  private static final String ROW = "%-24s %-24s %10s %8s %12s %12s %9s %12s%n";

  private WindowList() {}

  /**
   * Returns the table: a heading, then one line for each window.
   *
   * @param windows the windows, the oldest first
   */
  static String of(List<WindowStats> windows) {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            ROW,
            "from",
            "to",
            "samples",
            "drops",
            "cpu_ms",
            "interval_us",
            "wait_ms",
            "throttled_ms"));
    for (WindowStats window : windows) {
      out.append(
          String.format(
              Locale.ROOT,
              ROW,
              Instant.ofEpochMilli(window.fromMillis()),
              Instant.ofEpochMilli(window.toMillis()),
              window.samples(),
              window.dropped(),
              window.cpuNanos() / 1_000_000,
              intervals(window),
              millis(window.kernel().cpuWaitNanos()),
              millis(window.kernel().throttledNanos())));
    }
    return out.toString();
  }

  /** Returns a time of the kernel in milliseconds; "-" if it is not known. */
  private static String millis(long nanos) {
    return nanos == KernelTimes.NOT_KNOWN ? "-" : "" + nanos / 1_000_000;
  }

  /**
   * Returns the sampling interval of a window in microseconds. If a budget changed the interval
   * during the window, returns the shortest and the longest interval.
   */
  private static String intervals(WindowStats window) {
    long shortest = window.shortestIntervalNanos() / 1000;
    long longest = window.longestIntervalNanos() / 1000;
    return shortest == longest ? "" + shortest : shortest + "-" + longest;
  }
}
