package io.spprof.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.CompositeData;

/**
 * The bean's attributes at one moment.
 *
 * @param nanos when, by {@link System#nanoTime()}
 * @param millis when, by the clock of this machine
 * @param values the attributes that the bean has
 */
record Reading(long nanos, long millis, Map<String, Object> values) {

  /** What is read, in one request. */
  static final String[] READ = {
    "State",
    "LastError",
    "Options",
    "Engine",
    "StackWalker",
    "IntervalNanos",
    "CollectedSamples",
    "DroppedSamples",
    "SampledCpuTimeNanos",
    "OverheadPercent",
    "MeasuredOverheadPercent",
    "ThreadsSampled",
    "ThreadsFailed",
    "UniqueStacks",
    "MemoryUsedBytes",
    "MemoryLimitBytes",
    "HotMethods",
    "Session"
  };

  /** One of the hottest methods. */
  record HotMethod(String method, double selfPercent, double totalPercent, long samples) {}

  /** NaN where the bean has none. */
  double number(String attribute) {
    return values.get(attribute) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  String text(String attribute) {
    Object value = values.get(attribute);
    return value == null ? "" : Shown.line(value.toString());
  }

  boolean isRunning() {
    return text("State").equals("RUNNING");
  }

  /** A figure of the running or the last session; 0 where there is none. */
  double ofSession(String figure) {
    return values.get("Session") instanceof CompositeData session
            && session.containsKey(figure)
            && session.get(figure) instanceof Number number
        ? number.doubleValue()
        : 0;
  }

  List<HotMethod> hotMethods() {
    List<HotMethod> methods = new ArrayList<>();
    if (values.get("HotMethods") instanceof CompositeData[] rows) {
      for (CompositeData row : rows) {
        methods.add(
            new HotMethod(
                Shown.line((String) row.get("method")),
                (Double) row.get("selfPercent"),
                (Double) row.get("totalPercent"),
                (Long) row.get("samples")));
      }
    }
    return methods;
  }

  /** A counter's growth a second since an earlier reading; NaN if it is of another JVM. */
  double rate(String counter, Reading before) {
    double growth = number(counter) - before.number(counter);
    return growth < 0 || nanos <= before.nanos ? Double.NaN : growth * 1e9 / (nanos - before.nanos);
  }
}
