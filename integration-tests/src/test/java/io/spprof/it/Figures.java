package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.management.openmbean.CompositeData;

/** The counters of the profiler's bean, read at one moment with one bulk read. */
record Figures(
    long signals,
    long collected,
    long dropped,
    long byReason,
    long bufferFull,
    long sampledCpuNanos,
    long droppedCpuNanos,
    Map<String, Long> categories) {

  /** The attributes that sum to SampledCpuTimeNanos. */
  static final List<String> CATEGORIES =
      List.of(
          "JavaCpuTimeNanos",
          "NativeCpuTimeNanos",
          "JvmCpuTimeNanos",
          "GcCpuTimeNanos",
          "JitCpuTimeNanos",
          "JvmThreadsCpuTimeNanos",
          "LibraryThreadsCpuTimeNanos",
          "UnknownCpuTimeNanos");

  static Figures of(BeanClient bean) throws Exception {
    List<String> names =
        new ArrayList<>(
            List.of(
                "Signals",
                "CollectedSamples",
                "DroppedSamples",
                "DroppedByReason",
                "SampledCpuTimeNanos",
                "DroppedCpuTimeNanos"));
    names.addAll(CATEGORIES);
    Map<String, Object> values = bean.several(names.toArray(String[]::new));
    Map<String, Long> categories = new TreeMap<>();
    CATEGORIES.forEach(name -> categories.put(name, (Long) values.get(name)));
    CompositeData reasons = (CompositeData) values.get("DroppedByReason");
    return new Figures(
        (Long) values.get("Signals"),
        (Long) values.get("CollectedSamples"),
        (Long) values.get("DroppedSamples"),
        reasons.values().stream().mapToLong(reason -> (Long) reason).sum(),
        (Long) reasons.get("bufferFull"),
        (Long) values.get("SampledCpuTimeNanos"),
        (Long) values.get("DroppedCpuTimeNanos"),
        categories);
  }

  long category(String name) {
    return categories.get(name);
  }

  /** Checks what holds at every moment, also while a session runs. */
  void assertCategories() {
    long sum = categories.values().stream().mapToLong(Long::longValue).sum();
    assertEquals(sampledCpuNanos, sum, toString());
  }

  long inBuffer() {
    return signals - collected - dropped;
  }

  long cpuNanos() {
    return sampledCpuNanos + droppedCpuNanos;
  }

  void assertExact() {
    assertEquals(signals, collected + dropped, toString());
    assertEquals(dropped, byReason, toString());
    assertCategories();
  }
}
