package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static io.spprof.sampler.RingWriter.define;
import static io.spprof.sampler.RingWriter.frame;
import static io.spprof.sampler.RingWriter.location;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Category;
import io.spprof.profile.CategoryTimes;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.ThreadKind;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import io.spprof.sampler.ThreadName;
import io.spprof.sampler.ThreadState;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
    return new Collector(ring.reader(), sampler, 16, new MemoryBudget(budget), 0, 0);
  }

  @Test
  void shouldSumCpuTimeByWhatItWasUsedFor() {
    ring.method(1, "a/B.c");
    ring.words(ThreadState.IN_JAVA, 1, 1, OK, frame(1, 0));
    ring.words(ThreadState.IN_NATIVE, 1, 2, OK, frame(1, 0));
    ring.words(ThreadState.IN_VM, 1, 4, OK, frame(1, 0));
    ring.words(ThreadState.OTHER, 1, 8, OK, frame(1, 0));
    ring.words(ThreadState.IN_JAVA, 2, 16, OK, frame(1, 0));
    ring.sample(1, 32, 8);
    ring.name(2, "GC Thread#0"); // a Java thread
    String[] names = {
      "GC Thread#1", "C2 CompilerThre", "VM Thread", "grpc-timer", "native threads"
    };
    for (int i = 0; i < names.length; i++) {
      ring.nativeThread(10 + i, 64 << i);
      ring.name(10 + i, names[i]);
    }
    ring.nativeThread(20, 2048); // its name never comes
    collector.doWork();

    Profile profile = snapshot(collector);
    CategoryTimes expected = CategoryTimes.of(17, 2, 12, 64, 128, 256, 512, 32 + 1024 + 2048);
    assertEquals(expected, profile.info().categories());
    assertEquals(expected, collector.stats().sampled());
    assertEquals(profile.totalCpuNanos(), expected.total());
    assertEquals(profile.totalCpuNanos(), collector.stats().sampledCpuNanos());
  }

  @Test
  void shouldKeepTheStateOfEachSampleAndTheNumbersOfItsThread() {
    ring.method(1, "a/B.c");
    ThreadState[] ofJava = {
      ThreadState.IN_JAVA, ThreadState.IN_NATIVE, ThreadState.IN_VM, ThreadState.OTHER
    };
    for (ThreadState state : ofJava) {
      ring.words(state, 1, 1, OK, frame(1, 0));
    }
    ring.words(ThreadState.UNKNOWN, 1, 1, OK, frame(1, 0));
    ring.nativeThread(2, 1);
    ring.name(1, new ThreadName("main", 101, 1));
    ring.name(2, new ThreadName("lib", 102, 0));
    collector.doWork();

    Profile profile = snapshot(collector);
    List<ThreadState> states = new ArrayList<>();
    profile.times().forEach(0, (nanos, row, cpu, state) -> states.add(state));
    assertEquals(List.of(ThreadState.values()), states);
    assertEquals(
        List.of(
            new ProfileThread("main", ThreadKind.JAVA, 0, 0, 101, 1),
            new ProfileThread("lib", ThreadKind.LIBRARY, 0, 0, 102, 0)),
        profile.threads());
  }

  /** A thread is no Java thread until the profiler finds it in Java code. */
  @Test
  void shouldKeepAThreadsTimeAsANativeThreadApart() {
    ring.name(1, "t");
    ring.nativeThread(1, 10);
    ring.method(1, "a/B.c");
    ring.words(ThreadState.IN_JAVA, 1, 20, OK, frame(1, 0));
    ring.nativeThread(1, 40);
    collector.doWork();

    Profile profile = snapshot(collector);
    assertEquals(CategoryTimes.of(20, 0, 0, 0, 0, 0, 50), profile.info().categories());
    Map<ThreadKind, Long> byKind = new EnumMap<>(ThreadKind.class);
    for (int row = 0; row < profile.rowCount(); row++) {
      assertEquals("t", profile.threads().get(profile.thread(row)).name());
      byKind.merge(
          profile.threads().get(profile.thread(row)).kind(), profile.cpuNanos(row), Long::sum);
    }
    assertEquals(Map.of(ThreadKind.JAVA, 20L, ThreadKind.LIBRARY, 50L), byKind);
  }

  /** The groups of threads in a report are those of the counters. */
  @Test
  void shouldGiveThreadsTheKindsOfTheirCategories() {
    String[] names = {"GC Thread#0", "C1 CompilerThre", "VM Thread", "lib", "native threads"};
    for (int i = 0; i < 1000; i++) {
      ring.nativeThread(1 + i % 5, i);
      ring.name(1 + i % 5, names[i % 5]);
      ring.sample(6 + i % 3, 7, 8L * (i % 9 + 1));
      ring.name(6 + i % 3, names[i % 3]); // Java threads with names of the JVM's threads
      if (i % 10 == 9) {
        collector.doWork();
      }
      if (i == 500) {
        ring.forget();
      }
    }
    collector.doWork();

    Profile profile = snapshot(collector);
    long[] byKind = new long[ThreadKind.values().length];
    for (int row = 0; row < profile.rowCount(); row++) {
      byKind[profile.threads().get(profile.thread(row)).kind().ordinal()] += profile.cpuNanos(row);
    }
    CategoryTimes times = profile.info().categories();
    assertEquals(times.of(Category.GC), byKind[ThreadKind.GC.ordinal()]);
    assertEquals(times.of(Category.JIT), byKind[ThreadKind.JIT.ordinal()]);
    assertEquals(times.of(Category.JVM_THREADS), byKind[ThreadKind.JVM.ordinal()]);
    assertEquals(times.of(Category.LIBRARY_THREADS), byKind[ThreadKind.LIBRARY.ordinal()]);
    assertEquals(
        times.of(Category.UNKNOWN),
        byKind[ThreadKind.UNKNOWN.ordinal()] + byKind[ThreadKind.JAVA.ordinal()]);
    assertEquals(7000, byKind[ThreadKind.JAVA.ordinal()]);
    assertEquals(profile.totalCpuNanos(), times.total());
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
    assertEquals(stats.sampled(), snapshot(small).info().categories());
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

    assertThrows(OutOfMemoryError.class, collector::doWork);
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
    profile
        .times()
        .forEach(0, (nanos, row, cpu, state) -> times.append(nanos + " " + row + " " + cpu));
    assertEquals("7000000 0 1009000000 0 2009000000 1 300", times.toString());
  }
}
