package io.spprof.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.CompositeData;

/**
 * The values of the bean's attributes at one moment. The plugin keeps the previous reading, because
 * a rate is the difference between two readings.
 *
 * @param nanos the time of the reading, from {@link System#nanoTime()}
 * @param millis the time of the reading by the clock of this machine, in milliseconds since the
 *     epoch
 * @param values the values of the attributes that the bean has, by name
 */
record Reading(long nanos, long millis, Map<String, Object> values) {

  /** The names of the attributes that the plugin reads, all in one request. */
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

  /** Returns a numeric attribute; NaN if the bean does not have the attribute. */
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

  /**
   * Returns a number from the bean's attribute Session, by its name. The attribute describes the
   * running or the last session. Returns 0 if there was no session, or if the attribute does not
   * have the number.
   */
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
   * Returns the growth of a counter per second since an earlier reading. Returns NaN if the counter
   * has become smaller, which happens when another JVM answers, or if no time has passed between
   * the readings.
   */
  double rate(String counter, Reading before) {
    double growth = number(counter) - before.number(counter);
    return growth < 0 || nanos <= before.nanos ? Double.NaN : growth * 1e9 / (nanos - before.nanos);
  }
}
