package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import javax.management.openmbean.CompositeData;

/** The counters of the profiler's bean, read at one moment with one bulk read. */
record Figures(
    long signals,
    long collected,
    long dropped,
    long byReason,
    long bufferFull,
    long sampledCpuNanos,
    long droppedCpuNanos) {

  static Figures of(BeanClient bean) throws Exception {
    Map<String, Object> values =
        bean.several(
            "Signals",
            "CollectedSamples",
            "DroppedSamples",
            "DroppedByReason",
            "SampledCpuTimeNanos",
            "DroppedCpuTimeNanos");
    CompositeData reasons = (CompositeData) values.get("DroppedByReason");
    return new Figures(
        (Long) values.get("Signals"),
        (Long) values.get("CollectedSamples"),
        (Long) values.get("DroppedSamples"),
        reasons.values().stream().mapToLong(reason -> (Long) reason).sum(),
        (Long) reasons.get("bufferFull"),
        (Long) values.get("SampledCpuTimeNanos"),
        (Long) values.get("DroppedCpuTimeNanos"));
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
  }
}
