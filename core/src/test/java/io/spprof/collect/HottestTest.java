package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.spprof.profile.HotMethod;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Checks the list of the hottest methods of a session. */
final class HottestTest {

  private final RingWriter ring = new RingWriter(64 << 10);
  private final FakeSampler sampler = new FakeSampler();
  private final Collector collector =
      new Collector(ring.reader(), sampler, 16, new MemoryBudget(16 << 20), 0, 0);

  @Test
  void shouldListTheHottestMethodsWithRecursionCountedOnce() {
    ring.sample(1, 60, 8, 16, 16, 16);
    ring.sample(1, 40, 16, 16);
    collector.doWork();

    assertEquals(
        List.of(new HotMethod("m8", 60, 60, 1), new HotMethod("m16", 40, 100, 1)),
        collector.hottest().methods());
    assertEquals(2, collector.hottest().samples());
  }

  @Test
  void shouldListTwentyMethodsAtMostTheHottestFirst() {
    for (int i = 1; i <= 50; i++) {
      ring.sample(1, i, 8L * i);
    }
    collector.doWork();

    List<HotMethod> hottest = collector.hottest().methods();
    assertEquals(20, hottest.size());
    assertEquals("m400", hottest.get(0).method());
    double sum = hottest.stream().mapToDouble(HotMethod::selfPercent).sum();
    assertTrue(sum > 60 && sum < 100, "20 of 50, the hottest: " + sum);
  }

  /** A list is made under the collector's lock, for which a pass waits. */
  @Test
  void shouldListTheHottestMethodsWithoutACopyOfAllMethods() {
    int methods = 10_000;
    for (int i = 1; i <= methods; i++) {
      ring.sample(1, i, 8L * i);
      if (i % 100 == 0) {
        collector.doWork();
      }
    }
    assertEquals(methods, collector.hottest().samples());
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    collector.hottest();
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(bytes < 4 * methods, bytes + " bytes for a list of twenty methods");
  }
}
