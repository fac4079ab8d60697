package io.spprof.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.CompositeData;

/**
 * The values of the bean's attributes at one moment.
 *
 * @param nanos the time of reading, by {@link System#nanoTime()}
 * @param millis the time of reading, by the clock of this machine, ms since the epoch
 * @param values the attributes that the bean has, by name
 */
record Reading(long nanos, long millis, Map<String, Object> values) {

  /** The attributes that are read, in one request. */
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

  /** One row of the attribute HotMethods. */
  record HotMethod(String method, double selfPercent, double totalPercent, long samples) {}

  /** A numeric attribute; NaN if the bean does not have it. */
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

  /** A figure of the running or the last session; 0 if there is none. */
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

  /**
   * The growth of a counter per second since an earlier reading; NaN if the counter is smaller now,
   * as in another JVM, or if no time passed between the two readings.
   */
  double rate(String counter, Reading before) {
    double growth = number(counter) - before.number(counter);
    return growth < 0 || nanos <= before.nanos ? Double.NaN : growth * 1e9 / (nanos - before.nanos);
  }
}
