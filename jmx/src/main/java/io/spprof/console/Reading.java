package io.spprof.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.CompositeData;

/**
 * The values of the profiler's attributes ({@code SpprofMXBean}) at one moment, as JConsole read
 * them. The plugin keeps the previous reading, because a rate is the difference between two
 * readings.
 *
 * @param nanos the time of the reading, from {@link System#nanoTime()}
 * @param millis the time of the reading by the clock of the machine on which JConsole runs, in
 *     milliseconds since the epoch
 * @param values the values by the attribute's name; an attribute that the profiler in the observed
 *     JVM does not have, because it is of an older version, is missing
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
    "MeasuredOverheadPercent",
    "OverheadPercent",
    "ThreadsSampled",
    "ThreadsFailed",
    "UniqueStacks",
    "MemoryUsedBytes",
    "MemoryLimitBytes",
    "Session"
  };

  /** The names of the attributes with hot methods: of ten seconds, a minute, and the session. */
  static final String[] HOT_METHODS = {"HotMethods", "HotMethodsLastMinute", "HotMethodsAll"};

  /** One row of the attribute HotMethods. */
  record HotMethod(String method, double selfPercent, double totalPercent, long samples) {}

  /**
   * The value of an attribute with hot methods.
   *
   * @param fromMillis the beginning of the stretch of time that the methods are of, in milliseconds
   *     since the epoch; 0 if there is none
   * @param toMillis the end of this stretch, in milliseconds since the epoch
   * @param samples the number of samples in this stretch
   * @param methods the methods, the hottest first
   */
  record HotMethods(long fromMillis, long toMillis, long samples, List<HotMethod> methods) {
    static final HotMethods NONE = new HotMethods(0, 0, 0, List.of());
  }

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

  /** Returns the hot methods, of the stretch of time that the reading was asked for. */
  HotMethods hotMethods() {
    for (String name : HOT_METHODS) {
      if (values.get(name) instanceof CompositeData list) {
        List<HotMethod> methods = new ArrayList<>();
        for (CompositeData row : (CompositeData[]) list.get("methods")) {
          methods.add(
              new HotMethod(
                  Shown.line((String) row.get("method")),
                  (Double) row.get("selfPercent"),
                  (Double) row.get("totalPercent"),
                  (Long) row.get("samples")));
        }
        return new HotMethods(
            (Long) list.get("fromMillis"),
            (Long) list.get("toMillis"),
            (Long) list.get("samples"),
            methods);
      }
    }
    return HotMethods.NONE;
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
