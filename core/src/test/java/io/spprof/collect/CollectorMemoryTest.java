package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static io.spprof.sampler.RingWriter.define;
import static io.spprof.sampler.RingWriter.frame;
import static io.spprof.sampler.RingWriter.location;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.KernelTimes;
import io.spprof.sampler.RingWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Checks what a collector does when its memory is used up. */
final class CollectorMemoryTest {

  private static final int OK = RingWriter.OK;

  private final RingWriter ring = new RingWriter(64 << 10);
  private final FakeSampler sampler = new FakeSampler();

  private Collector collector(MemoryBudget budget) {
    return new Collector(ring.reader(), sampler, 16, budget, 0, 0);
  }

  @Test
  void shouldCountEverySampleWhenTheBudgetLeavesNoRoomForNamesLocationsOrStacks() {
    Collector small = collector(new MemoryBudget(128 << 10));
    ring.name(1, "t");
    int methods = 600;
    for (int i = 1; i <= methods; i++) {
      assertTrue(ring.method(i, "some.long.package.name.AndAClassToIt.method" + i));
    }
    small.doWork();
    for (int i = 1; i <= methods; i++) {
      assertTrue(ring.words(1, 10, OK, define(i * 1000, 1), frame(i, 0)));
      small.doWork();
      ring.words(1, 10, OK, location(i * 1000));
      small.doWork();
    }

    assertEquals(
        2 * methods,
        small.stats().collected() + small.stats().dropped().of(DropReason.STACK_TABLE_FULL));
    assertTrue(small.stats().dropped().of(DropReason.STACK_TABLE_FULL) > 0);
    assertEquals(0, small.stats().dropped().of(DropReason.COLLECTOR_ERROR));
    long inProfile = folded(snapshot(small)).values().stream().mapToLong(n -> n).sum();
    assertEquals(small.stats().collected(), inProfile);
  }

  @Test
  void shouldGiveTheTablesWhatTheLogHasBeyondTheLatestSamples() {
    Collector small = collector(new MemoryBudget(600 << 10));
    ring.name(1, "t");
    int samples = 0;
    while (snapshot(small).times().forgotten() == 0) { // until the log has all its memory
      for (int i = 0; i < 100; i++) {
        sample(++samples, 8, 16);
      }
      small.doWork();
    }
    assertTrue(snapshot(small).times().count() > 2 * SampleLog.CHUNK);
    for (int i = 0; small.stats().dropped().of(DropReason.STACK_TABLE_FULL) == 0; i++) {
      sample(++samples, 8 * (i % 100 + 1), 8 * (i / 100 + 1));
      small.doWork();
    }

    int last = samples - 1; // the sample after it was dropped
    Profile profile = snapshot(small);
    assertEquals(last, profile.totalSamples());
    long latest = profile.times().count();
    assertTrue(latest > 0 && latest <= SampleLog.CHUNK, "the log keeps " + latest);
    assertEquals(last - latest, profile.times().forgotten());
    List<String> kept = new ArrayList<>();
    for (int chunk = 0; chunk < profile.times().chunkCount(); chunk++) {
      profile.times().forEach(chunk, (nanos, row, cpu, state) -> kept.add(nanos + " of " + cpu));
    }
    assertEquals(
        LongStream.rangeClosed(last - latest + 1, last)
            .mapToObj(i -> i * 1000 + " of " + i)
            .toList(),
        kept);
  }

  /** Writes a sample whose time and whose CPU time are its number. */
  private void sample(int number, long... methods) {
    ring.timeNanos = number * 1000L;
    assertTrue(ring.sample(1, number, methods));
  }

  @Test
  void shouldGoOnForeverWithStacksThatNeverComeAgain() {
    MemoryBudget budget = new MemoryBudget(1 << 20);
    Collector always = collector(budget);
    Random random = new Random(5);
    long signals = 0;
    for (int window = 1; window <= 1000; window++) {
      for (int i = 0; i < 300; i++) {
        long[] methods = random.longs(12, 1, 40).map(method -> 8 * method).toArray();
        assertTrue(ring.sample(1, 10, methods));
        signals++;
        if (i % 100 == 99) {
          always.doWork();
        }
      }
      sampler.nanos = window * 1_000_000_000L;
      always.roll(
          sampler.nanos,
          new WindowFigures(signals, Drops.NONE, 0, 0, 0, 0, KernelTimes.NONE, 1, 1),
          Long.MAX_VALUE / 2);
      assertTrue(budget.used() <= budget.limit(), budget.used() + " of " + budget.limit());
    }

    assertEquals(signals, always.stats().collected());
    assertEquals(0, always.stats().dropped().of(DropReason.STACK_TABLE_FULL));
    Extent extent = always.extent();
    assertTrue(extent.sinceNanos() > 0, "it was never full: " + extent);
    Profile all =
        Snapshots.of(
            always.slice(
                0,
                Long.MAX_VALUE,
                sampler.nanos + 1,
                new WindowFigures(signals, Drops.NONE, 0, 0, 0, 0, KernelTimes.NONE, 1, 1)));
    assertEquals(all.totalSamples(), all.info().unwalkable(), "signals of the windows kept");
    assertEquals(300 * (1000 - extent.sinceNanos() / 1_000_000_000L), all.totalSamples());
  }
}
