package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static io.spprof.sampler.RingWriter.define;
import static io.spprof.sampler.RingWriter.frame;
import static io.spprof.sampler.RingWriter.location;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.HotMethod;
import io.spprof.profile.Profile;
import io.spprof.profile.StateTimes;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.KernelTimes;
import io.spprof.sampler.RingWriter;
import io.spprof.sampler.ThreadState;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class CollectorTest {

  private static final int OK = RingWriter.OK;

  private final RingWriter ring = new RingWriter(64 << 10);
  private final FakeSampler sampler = new FakeSampler();
  private final Collector collector = collector(1 << 20);

  private Collector collector(long budget) {
    return new Collector(ring.reader(), sampler, 16, new MemoryBudget(budget), 0);
  }

  @Test
  void shouldSumCpuTimeByWhatTheThreadWasDoing() {
    ring.method(1, "a/B.c");
    ring.words(ThreadState.IN_JAVA, 1, 10, OK, frame(1, 0));
    ring.words(ThreadState.IN_NATIVE, 1, 20, OK, frame(1, 0));
    ring.words(ThreadState.IN_VM, 1, 40, OK, frame(1, 0));
    ring.words(ThreadState.OTHER, 1, 80, OK, frame(1, 0));
    ring.words(ThreadState.IN_JAVA, 2, 160, OK, frame(1, 0));
    ring.sample(1, 320, 8);
    ring.nativeThread(3, 640);
    collector.doWork();

    Profile profile = snapshot(collector);
    assertEquals(new StateTimes(170, 20, 40, 80, 320, 640), profile.info().states());
    assertEquals(profile.totalCpuNanos(), profile.info().states().total());
  }

  /**
   * A thread's name comes after the samples that it applies to, because it was read after they were
   * taken.
   */
  @Test
  void shouldFoldSamplesUnderTheNameThatWasReadAfterThem() {
    ring.sample(1, 10, 8, 16);
    ring.sample(1, 10, 8, 16);
    ring.sample(2, 10, 24);
    ring.name(1, "first");
    ring.sample(1, 10, 8, 16);
    ring.name(1, "second");
    ring.sample(1, 10, 8, 24);

    assertTrue(collector.doWork() > 0);

    assertEquals(
        Map.of("first;m16;m8", 2L, "second;m16;m8", 1L, "second;m24;m8", 1L, "[thread 2];m24", 1L),
        folded(snapshot(collector)));
    assertEquals(0, collector.doWork());
  }

  @Test
  void shouldUseANameThatIsReadInThePassForTheSamplesThatWereThereBefore() {
    ring.sample(1, 10, 8);
    sampler.onNamesRead = () -> ring.name(1, "own");
    collector.doWork();
    sampler.onNamesRead = () -> {};
    ring.sample(1, 10, 8);
    collector.doWork();

    assertEquals(Map.of("own;m8", 2L), folded(snapshot(collector)));
  }

  /**
   * The thread's name may have been read before the sample was taken, when the thread had another
   * name.
   */
  @Test
  void shouldLeaveASampleThatComesWhileNamesAreReadForTheNextPass() {
    ring.sample(1, 10, 8);
    sampler.onNamesRead =
        () -> {
          ring.name(1, "before");
          ring.sample(1, 10, 16);
        };
    collector.doWork();
    assertEquals(Map.of("before;m8", 1L), folded(snapshot(collector)));
    sampler.onNamesRead = () -> ring.name(1, "after");
    collector.doWork();

    assertEquals(Map.of("before;m8", 1L, "after;m16", 1L), folded(snapshot(collector)));
  }

  /**
   * Names behind an incomplete record are not visible. Samples before that record wait once for
   * them.
   */
  @Test
  void shouldWaitOnceForNamesBehindAWriterThatIsHalfWay() {
    ring.sample(1, 10, 8);
    Runnable complete = ring.halfWay();
    ring.name(1, "behind");
    assertEquals(0, collector.doWork());
    complete.run();
    collector.doWork();
    assertEquals(Map.of("behind;m8", 1L), folded(snapshot(collector)));

    ring.sample(1, 10, 16);
    ring.halfWay(); // the record is never completed
    ring.name(1, "never seen");
    assertEquals(0, collector.doWork());
    assertTrue(collector.doWork() > 0);
    assertEquals(Map.of("behind;m8", 1L, "behind;m16", 1L), folded(snapshot(collector)));
  }

  @Test
  void shouldFileWhatHasNoStackUnderItsCause() {
    ring.name(1, "t");
    ring.unwalked(1, 10, -5);
    ring.unwalked(1, 10, -77);
    ring.unwalked(1, 10, 0);
    ring.nativeThread(1, 10);
    ring.unwalked(1, 10, -101);

    collector.doWork();

    assertEquals(
        Set.of(
            "t;[unwalkable: unknown frame in Java]",
            "t;[unwalkable: unknown cause]",
            "t;[no Java frame]",
            "t;[native thread]",
            "t;[thread end]"),
        folded(snapshot(collector)).keySet());
    assertEquals(2, collector.stats().unwalkable());
    assertEquals(5, collector.stats().collected());
  }

  @Test
  void shouldCountEverySampleAsCollectedOrDropped() {
    Collector small = collector(800 << 10);
    long written = 0;
    long nanos = 0;
    for (int i = 0; i < 50_000; i++) {
      if (!ring.sample(i % 50, 3, 8L * (i % 3000 + 1), 8L * (i * 7 % 5000 + 1))) {
        small.doWork();
      } else {
        written++;
        nanos += 3;
      }
    }
    small.doWork();

    CollectorStats stats = small.stats();
    assertTrue(stats.dropped().of(DropReason.STACK_TABLE_FULL) > 0, "the tables were never full");
    assertEquals(0, stats.dropped().of(DropReason.COLLECTOR_ERROR));
    assertEquals(written, stats.collected() + stats.dropped().of(DropReason.STACK_TABLE_FULL));
    assertEquals(nanos, stats.sampledCpuNanos() + stats.droppedCpuNanos());
    assertEquals(stats.collected(), snapshot(small).totalSamples());
    assertEquals(stats.sampledCpuNanos(), snapshot(small).totalCpuNanos());
  }

  @Test
  void shouldListTheHottestMethodsWithRecursionCountedOnce() {
    ring.sample(1, 60, 8, 16, 16, 16);
    ring.sample(1, 40, 16, 16);
    collector.doWork();
    assertEquals(List.of(), collector.hotMethods(), "it is made when it is asked for");

    collector.refreshHotMethods();

    assertEquals(
        List.of(new HotMethod("m8", 60, 60, 1), new HotMethod("m16", 40, 100, 1)),
        collector.hotMethods());
  }

  @Test
  void shouldListTwentyMethodsAtMostTheHottestFirst() {
    for (int i = 1; i <= 50; i++) {
      ring.sample(1, i, 8L * i);
    }
    collector.doWork();
    collector.refreshHotMethods();

    assertEquals(20, collector.hotMethods().size());
    assertEquals("m400", collector.hotMethods().get(0).method());
    double sum = collector.hotMethods().stream().mapToDouble(HotMethod::selfPercent).sum();
    assertTrue(sum > 60 && sum < 100, "20 of 50, the hottest: " + sum);
  }

  @Test
  void shouldCountAMethodThatFailsToBeNamedAndGoOn() {
    sampler.names =
        method -> {
          if (method == 8) {
            throw new OutOfMemoryError("no room for a name");
          }
          return "m" + method;
        };
    ring.sample(1, 10, 16);
    ring.sample(1, 20, 16, 8);
    ring.sample(1, 30, 24);

    collector.doWork();

    CollectorStats stats = collector.stats();
    assertEquals(2, stats.collected());
    assertEquals(1, stats.dropped().of(DropReason.COLLECTOR_ERROR));
    assertEquals(40, stats.sampledCpuNanos());
    assertEquals(20, stats.droppedCpuNanos());
    assertEquals(2, snapshot(collector).totalSamples());
  }

  @Test
  void shouldTakeItsOwnCpuTimeFromTheThreadsClock() {
    long[] clock = {0};
    sampler.threadCpuNanos = () -> clock[0] += 100;

    collector.doWork();
    collector.addOwnCpuNanos(7);

    assertEquals(107, collector.stats().ownCpuNanos());
  }

  /** As a slow snapshot does: only the pass waits, and the ring drops what it cannot hold. */
  @Test
  void shouldLoseNothingThatTheRingTookWhileItWasHeldStill() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    Thread pass =
        new Thread(
            () -> {
              collector.doWork();
              done.countDown();
            });
    long taken = 0;
    synchronized (collector) {
      pass.start();
      while (ring.sample(1, 5, 8, 16)) {
        taken++;
      }
      assertFalse(ring.sample(1, 5, 8, 16), "full");
      assertEquals(0, collector.stats().collected(), "figures are read without the lock");
      assertEquals(1, done.getCount());
    }
    done.await();

    assertEquals(taken, collector.stats().collected());
    assertTrue(ring.sample(1, 5, 8, 16), "there is room again");
  }

  @Test
  void shouldCountEverySampleWhenTheBudgetLeavesNoRoomForNamesLocationsOrStacks() {
    Collector small = collector(128 << 10);
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
  void shouldExportLinesAndTimes() {
    ring.name(1, "t");
    ring.method(1, "A.a", 0 << 16 | 10, 5 << 16 | 11);
    ring.method(2, "A.n");
    ring.timeNanos = 7_000_000;
    ring.words(1, 100, OK, frame(2, -3), frame(1, 5), define(1, 1), frame(1, 4));
    ring.timeNanos = 9_000_000;
    ring.words(1, 200, OK, frame(2, -3), frame(1, 6), location(1));
    ring.words(1, 300, OK, frame(2, -3), frame(1, 0), location(1));
    collector.doWork();

    Profile profile = snapshot(collector);

    assertEquals(2, profile.rowCount(), "bytes of one line are one row");
    assertEquals(
        List.of("A.n:0", "A.a:11", "A.a:10"),
        IntStream.range(0, 3)
            .map(i -> profile.frame(0, i))
            .mapToObj(f -> profile.frameName(f) + ":" + profile.frameLine(f))
            .toList());
    StringBuilder times = new StringBuilder();
    profile.times().forEach(0, (nanos, row, cpu) -> times.append(nanos + " " + row + " " + cpu));
    assertEquals("7000000 0 1009000000 0 2009000000 1 300", times.toString());
  }

  @Test
  void shouldGiveTheTablesWhatTheLogHas() {
    Collector small = collector(600 << 10);
    ring.name(1, "t");
    int stacks = 0;
    while (small.stats().dropped().of(DropReason.STACK_TABLE_FULL) == 0) {
      ring.sample(1, 1, 8 * (stacks % 100 + 1), 8 * (stacks / 100 + 1));
      stacks++;
      small.doWork();
    }

    Profile profile = snapshot(small);
    assertEquals(0, profile.times().count(), "the tables have all of it");
    assertEquals(stacks - 1, profile.times().forgotten());
    assertEquals(stacks - 1, profile.totalSamples());
  }

  @Test
  void shouldGoOnForeverWithStacksThatNeverComeAgain() {
    MemoryBudget budget = new MemoryBudget(1 << 20);
    Collector always = new Collector(ring.reader(), sampler, 16, budget, 0);
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
