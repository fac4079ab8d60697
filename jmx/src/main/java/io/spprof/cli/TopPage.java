package io.spprof.cli;

import io.spprof.text.Printable;
import java.util.Locale;
import java.util.Map;
import javax.management.openmbean.CompositeData;

/** Makes the pages that the command {@code top} shows, each from two readings of the bean. */
final class TopPage {

  /** The attributes that a page shows, apart from the hot methods. */
  static final String[] READ = {
    "State",
    "Options",
    "CollectedSamples",
    "DroppedSamples",
    "SampledCpuTimeNanos",
    "MeasuredOverheadPercent",
    "OverheadPercent",
    "ThreadsSampled"
  };

  /** The columns before the name of a method. */
  private static final int BEFORE_NAME = 31;

  /** A name has at least so many columns, even if the window then cuts it. */
  private static final int LEAST_ROOM = 8;

  /**
   * A reading of the bean.
   *
   * @param nanos when it was made, as {@link System#nanoTime}
   * @param values the attributes
   * @param hot the hot methods
   */
  record Reading(long nanos, Map<String, Object> values, CompositeData hot) {}

  private final StringBuilder text = new StringBuilder();
  private final Terminal.Size size;
  private int lines;

  private TopPage(Terminal.Size size) {
    this.size = size;
  }

  /**
   * Returns a page. No line is wider than the window, and the page leaves the window's last line
   * free.
   *
   * @param target the target's name
   * @param methods the maximum number of methods
   */
  static String of(String target, Reading before, Reading now, int methods, Terminal.Size size) {
    TopPage page = new TopPage(size);
    page.state(target, now);
    page.rates(before, now);
    page.methods(now, methods);
    return page.text.toString();
  }

  /** Options that do not fit into the line go on in the next ones. */
  private void state(String target, Reading now) {
    StringBuilder line = new StringBuilder(target + ": " + now.values().get("State") + ", ");
    for (String option : String.valueOf(now.values().get("Options")).split("(?<=,)")) {
      if (line.length() + option.length() > size.columns() && !line.toString().isBlank()) {
        line("%s", line.toString().stripTrailing());
        line = new StringBuilder("  ");
      }
      line.append(option);
    }
    line("%s", line);
  }

  private void rates(Reading before, Reading now) {
    line(
        "%,.0f samples/s, %,.0f dropped/s, %.2f CPUs busy, %d threads",
        rate("CollectedSamples", before, now),
        rate("DroppedSamples", before, now),
        rate("SampledCpuTimeNanos", before, now) / 1e9,
        now.values().get("ThreadsSampled"));
    line(
        "overhead in the last 10 s: %.2f %% measured, %.2f %% by the model (of one CPU)",
        now.values().get("MeasuredOverheadPercent"), now.values().get("OverheadPercent"));
  }

  private static double rate(String counter, Reading before, Reading now) {
    long grown = (Long) now.values().get(counter) - (Long) before.values().get(counter);
    return grown * 1e9 / (now.nanos() - before.nanos());
  }

  private static boolean isRunning(Reading now) {
    return "RUNNING".equals(now.values().get("State"));
  }

  private void methods(Reading now, int methods) {
    CompositeData list = now.hot();
    long to = (Long) list.get("toMillis");
    if (to == 0) {
      line(isRunning(now) ? "no samples yet" : "no samples; start TARGET begins a session");
      return;
    }
    if (!isRunning(now)) {
      line("no session runs; start TARGET begins one. The last session:");
    }
    line("%,d samples in %.0f s:", list.get("samples"), (to - (Long) list.get("fromMillis")) / 1e3);
    line("  self %%  total %%     samples  method");
    CompositeData[] hot = (CompositeData[]) list.get("methods");
    int fitting = Math.max(1, size.rows() - 1 - lines);
    for (int i = 0; i < Math.min(Math.min(methods, fitting), hot.length); i++) {
      line(
          "  %6.2f   %6.2f  %,10d  %s",
          hot[i].get("selfPercent"),
          hot[i].get("totalPercent"),
          hot[i].get("samples"),
          ShortName.fit(
              Printable.line((String) hot[i].get("method")),
              Math.max(LEAST_ROOM, size.columns() - BEFORE_NAME)));
    }
  }

  private void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
    lines++;
  }
}
