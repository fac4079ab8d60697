package io.spprof.jmx;

import io.spprof.profile.WindowStats;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Formats the time windows of a session as a table, for people and scripts. */
final class WindowList {

  private static final String ROW = "%-24s %-24s %10s %8s %12s %12s%n";

  private WindowList() {}

  /**
   * One line a window, after a heading; only the heading if there are no windows.
   *
   * @param windows the windows, the oldest first
   */
  static String of(List<WindowStats> windows) {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(Locale.ROOT, ROW, "from", "to", "samples", "drops", "cpu_ms", "interval_us"));
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
              intervals(window)));
    }
    return out.toString();
  }

  /** The interval in us; the shortest and the longest if a budget changed it. */
  private static String intervals(WindowStats window) {
    long shortest = window.shortestIntervalNanos() / 1000;
    long longest = window.longestIntervalNanos() / 1000;
    return shortest == longest ? "" + shortest : shortest + "-" + longest;
  }
}
