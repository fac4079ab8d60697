package io.spprof.collect;

import static io.spprof.sampler.RingWriter.define;
import static io.spprof.sampler.RingWriter.frame;
import static io.spprof.sampler.RingWriter.location;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.DebugInfo;
import io.spprof.DropCounts;
import io.spprof.HotMethod;
import io.spprof.Profile;
import io.spprof.SessionStats;
import io.spprof.StateTimes;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import io.spprof.sampler.ThreadState;
import io.spprof.symbol.JvmtiSymbolResolver;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class DrainerTest {

  private static final int OK = RingWriter.OK;

  private final RingWriter ring = new RingWriter(64 << 10);
  private final FakeSampler sampler = new FakeSampler();
  private final Drainer drainer = drainer(1 << 20);

  private Drainer drainer(long budget) {
    return new Drainer(ring.reader(), sampler, 16, new MemoryBudget(budget), 0);
  }

  private static Profile snapshot(Drainer drainer) {
    return drainer
        .slice(0, Long.MAX_VALUE, 1, WindowFigures.ZERO)
        .merge(
            all ->
                new Profile.Info(
                    SessionStats.NONE,
                    "",
                    "",
                    0,
                    0,
                    DropCounts.NONE,
                    0,
                    0,
                    all.states(),
                    true,
                    DebugInfo.EXACT));
  }

  @Test
  void shouldTakeNumbersAnewOnceTheWalkerForgot() {
    ring.method(1, "a/B.old", 0 << 16 | 10);
    ring.words(1, 10, OK, define(1, 1), frame(1, 0));
    ring.forget();
    ring.words(1, 10, OK, location(1)); // of no meaning any more
    ring.words(1, 10, OK, frame(1, 0));
    ring.method(1, "a/B.fresh", 0 << 16 | 20);
    ring.words(1, 10, OK, define(1, 1), frame(1, 0));
    ring.words(1, 10, OK, location(1));
    drainer.doWork();

    assertEquals(
        Map.of(
            "[thread 1];a.B.old", 1L, "[thread 1];[other methods]", 2L, "[thread 1];a.B.fresh", 2L),
        folded(snapshot(drainer)));
    assertEquals(0, drainer.stats().collectorError());
  }

  @Test
  void shouldGiveBackWhatNumbersTook() {
    MemoryBudget budget = new MemoryBudget(8 << 20);
    MethodTable methods = new MethodTable(budget, new JvmtiSymbolResolver(sampler));
    LocationTable locations = new LocationTable(budget);
    long first = 0;
    for (int round = 0; round < 20; round++) {
      for (int i = 1; i <= 5000; i++) {
        methods.named(i, "a.B.c" + i, new int[] {10, 5 << 16 | 11});
        methods.number(8L * i);
        locations.define(i, new int[] {1, 2, 3}, 0, 3);
      }
      assertEquals(10_000, methods.told());
      long full = budget.used();
      methods.forgetNumbers();
      locations.forget();
      assertEquals(0, methods.told() + locations.told());
      assertTrue(budget.used() < full - 5000 * 50, full + " and then " + budget.used());
      first = round == 0 ? budget.used() : first;
      assertEquals(first, budget.used());
    }
  }

  private void tell(int first, int count, String name, long cpuNanos) {
    for (int i = first; i < first + count; i++) {
      ring.method(i, name + i, 0 << 16 | i);
      ring.words(1, cpuNanos, OK, define(i, 2), frame(i, 0), frame(first, 0));
    }
    drainer.doWork();
  }

  @Test
  void shouldForgetNamesThatNoWindowHasWithTheNumbers() {
    tell(1, 50, "a/B.old", 1);
    drainer.roll(1_000_000_000L, WindowFigures.ZERO, 500_000_000L);
    Slice past = drainer.slice(0, Long.MAX_VALUE, 1_000_000_000L, WindowFigures.ZERO);
    tell(51, 30, "a/B.kept", 100);
    Map<String, Long> kept = new TreeMap<>();
    for (int i = 51; i < 81; i++) {
      kept.put("[thread 1];a.B.kept51;a.B.kept" + i, 1L);
    }
    drainer.roll(2_000_000_000L, WindowFigures.ZERO, 500_000_000L);
    tell(81, 10, "a/B.open", 100);
    for (int i = 81; i < 91; i++) {
      kept.put("[thread 1];a.B.open81;a.B.open" + i, 1L);
    }
    assertEquals(90, snapshot(drainer).methodCount());

    ring.forget();
    drainer.doWork();

    Profile profile = snapshot(drainer);
    assertEquals(kept, folded(profile));
    assertEquals(40, profile.methodCount());
    assertEquals(40, profile.frameCount());
    for (int frame = 0; frame < 40; frame++) {
      String name = profile.frameName(frame);
      assertEquals(name.replaceAll("[^0-9]", ""), "" + profile.frameLine(frame), name);
    }
    drainer.refreshHotMethods();
    assertEquals(20, drainer.hotMethods().size());
    // With new numbers for what was there and for what was not.
    tell(1, 2, "a/B.open8", 100);
    tell(3, 1, "a/B.fresh", 100);
    kept.put("[thread 1];a.B.open81;a.B.open81", 2L);
    kept.put("[thread 1];a.B.open81;a.B.open82", 2L);
    kept.put("[thread 1];a.B.fresh3;a.B.fresh3", 1L);
    assertEquals(kept, folded(snapshot(drainer)));
    // What was handed out before is as it was.
    Profile before = past.merge(all -> snapshot(drainer).info());
    assertEquals(50, before.totalSamples());
    assertTrue(folded(before).containsKey("[thread 1];a.B.old1;a.B.old50"));
    assertEquals(0, drainer.stats().collectorError());
  }

  @Test
  void shouldForgetThreadsThatAreGoneAndInNoWindow() {
    ring.name(1, "idle");
    ring.name(2, "gone");
    ring.name(3, "gone, but in a window");
    ring.name(4, "busy");
    ring.method(1, "a/B.c");
    ring.words(2, 10, OK, frame(1, 0));
    drainer.doWork();
    drainer.roll(1_000_000_000L, WindowFigures.ZERO, 500_000_000L);
    ring.words(3, 10, OK, frame(1, 0));
    ring.words(4, 10, OK, frame(1, 0));
    ring.forget(); // all of these were told since the session began
    ring.name(1, "idle");
    ring.name(4, "busy");
    drainer.doWork();
    assertEquals(4, snapshot(drainer).threadCount());
    drainer.roll(2_000_000_000L, WindowFigures.ZERO, 500_000_000L);

    ring.forget();
    ring.name(1, "idle");
    ring.name(4, "busy");
    ring.method(1, "a/B.c");
    ring.words(1, 10, OK, frame(1, 0));
    drainer.doWork();

    Profile profile = snapshot(drainer);
    assertEquals(
        Map.of("idle;a.B.c", 1L, "busy;a.B.c", 1L, "gone, but in a window;a.B.c", 1L),
        folded(profile));
    assertEquals(3, profile.threadCount());
    assertEquals(0, drainer.stats().collectorError());
  }

  @Test
  void shouldTellWhenTheWalkersTablesAreHalfFull() {
    for (int i = 1; i <= 300; i++) {
      ring.method(i, "a/B.c" + i);
      ring.words(1, 10, OK, define(i, 1), frame(i, 0));
      drainer.doWork();
    }
    assertFalse(drainer.walkerIsFull(1024, 1024));
    assertTrue(drainer.walkerIsFull(512, 1024));
    assertTrue(drainer.walkerIsFull(1024, 512));
    ring.forget();
    drainer.doWork();
    assertFalse(drainer.walkerIsFull(4, 4));
  }

  @Test
  void shouldKnowAMethodThatTheWalkerCannotRemember() {
    for (int i = 0; i < 1001; i++) {
      int number = RingWriter.transientNumber(i);
      ring.method(number, "a/B.c" + i % 7, 0 << 16 | 10);
      ring.words(1, 10, OK, define(0, 1), frame(number, 0));
      drainer.doWork();
    }
    Map<String, Long> folded = folded(snapshot(drainer));
    assertEquals(Set.of(143L), Set.copyOf(folded.values()));
    assertEquals(7, folded.size());
    assertTrue(drainer.walkerIsFull(1 << 20, 1 << 20), "it could do better");

    int gone = RingWriter.transientNumber(1); // another has its place
    ring.method(RingWriter.transientNumber(1 + 4096), "a/B.other");
    ring.words(1, 10, OK, frame(gone, 0));
    drainer.doWork();
    assertEquals(1, folded(snapshot(drainer)).get("[thread 1];[other methods]"));
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
    drainer.doWork();

    Profile profile = snapshot(drainer);
    assertEquals(new StateTimes(170, 20, 40, 80, 320, 640), profile.info().states());
    assertEquals(profile.totalCpuNanos(), profile.info().states().total());
  }

  /** "thread;root;...;leaf" to samples. */
  private static Map<String, Long> folded(Profile profile) {
    Map<String, Long> folded = new TreeMap<>();
    for (int row = 0; row < profile.rowCount(); row++) {
      int stack = profile.stack(row);
      int depth = profile.depth(stack);
      String frames =
          IntStream.range(0, depth)
              .mapToObj(i -> profile.frameName(profile.frame(stack, depth - 1 - i)))
              .collect(Collectors.joining(";"));
      folded.merge(
          profile.threadName(profile.thread(row)) + ";" + frames, profile.samples(row), Long::sum);
    }
    return folded;
  }

  @Test
  void shouldFoldSamplesUnderTheNameThatTheThreadHadThen() {
    ring.name(1, "before");
    ring.sample(1, 10, 8, 16);
    ring.sample(1, 10, 8, 16);
    ring.name(1, "after");
    ring.sample(1, 10, 8, 16);
    ring.sample(2, 10, 24);

    assertTrue(drainer.doWork() > 0);

    assertEquals(
        Map.of("before;m16;m8", 2L, "after;m16;m8", 1L, "[thread 2];m24", 1L),
        folded(snapshot(drainer)));
    assertEquals(0, drainer.doWork());
  }

  @Test
  void shouldMarkTheRootOfATruncatedStack() {
    ring.name(1, "t");
    ring.truncated(1, 10, 8, 16);
    ring.truncated(1, 10, IntStream.rangeClosed(1, 16).mapToLong(i -> 8L * i).toArray());

    drainer.doWork();

    Set<String> stacks = folded(snapshot(drainer)).keySet();
    assertTrue(stacks.contains("t;[truncated];m16;m8"), stacks.toString());
    assertEquals(2, stacks.stream().filter(s -> s.startsWith("t;[truncated];")).count());
  }

  @Test
  void shouldFileWhatHasNoStackUnderItsCause() {
    ring.name(1, "t");
    ring.unwalked(1, 10, -5);
    ring.unwalked(1, 10, -77);
    ring.unwalked(1, 10, 0);
    ring.nativeThread(1, 10);
    ring.unwalked(1, 10, -101);

    drainer.doWork();

    assertEquals(
        Set.of(
            "t;[unwalkable: unknown frame in Java]",
            "t;[unwalkable: unknown cause]",
            "t;[no Java frame]",
            "t;[native thread]",
            "t;[thread end]"),
        folded(snapshot(drainer)).keySet());
    assertEquals(2, drainer.stats().unwalkable());
    assertEquals(5, drainer.stats().collected());
  }

  @Test
  void shouldCountEverySampleAsCollectedOrDropped() {
    Drainer small = drainer(800 << 10);
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
    assertTrue(stats.stackTableFull() > 0, "the tables were never full");
    assertEquals(0, stats.collectorError());
    assertEquals(written, stats.collected() + stats.stackTableFull());
    assertEquals(nanos, stats.sampledCpuNanos() + stats.droppedCpuNanos());
    assertEquals(stats.collected(), snapshot(small).totalSamples());
    assertEquals(stats.sampledCpuNanos(), snapshot(small).totalCpuNanos());
  }

  @Test
  void shouldListTheHottestMethodsWithRecursionCountedOnce() {
    ring.sample(1, 60, 8, 16, 16, 16);
    ring.sample(1, 40, 16, 16);
    drainer.doWork();
    assertEquals(List.of(), drainer.hotMethods(), "it is made when it is asked for");

    drainer.refreshHotMethods();

    assertEquals(
        List.of(new HotMethod("m8", 60, 60, 1), new HotMethod("m16", 40, 100, 1)),
        drainer.hotMethods());
  }

  @Test
  void shouldListTwentyMethodsAtMostTheHottestFirst() {
    for (int i = 1; i <= 50; i++) {
      ring.sample(1, i, 8L * i);
    }
    drainer.doWork();
    drainer.refreshHotMethods();

    assertEquals(20, drainer.hotMethods().size());
    assertEquals("m400", drainer.hotMethods().get(0).method());
    double sum = drainer.hotMethods().stream().mapToDouble(HotMethod::selfPercent).sum();
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

    drainer.doWork();

    CollectorStats stats = drainer.stats();
    assertEquals(2, stats.collected());
    assertEquals(1, stats.collectorError());
    assertEquals(40, stats.sampledCpuNanos());
    assertEquals(20, stats.droppedCpuNanos());
    assertEquals(2, snapshot(drainer).totalSamples());
  }

  @Test
  void shouldTakeItsOwnCpuTimeFromTheThreadsClock() {
    long[] clock = {0};
    sampler.threadCpuNanos = () -> clock[0] += 100;

    drainer.doWork();
    drainer.addOwnCpuNanos(7);

    assertEquals(107, drainer.stats().ownCpuNanos());
  }

  /**
   * As a slow snapshot would: nothing waits but the pass, and the ring drops what it cannot hold.
   */
  @Test
  void shouldLoseNothingThatTheRingTookWhileItWasHeldStill() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    Thread pass =
        new Thread(
            () -> {
              drainer.doWork();
              done.countDown();
            });
    long taken = 0;
    synchronized (drainer) {
      pass.start();
      while (ring.sample(1, 5, 8, 16)) {
        taken++;
      }
      assertFalse(ring.sample(1, 5, 8, 16), "full");
      assertEquals(0, drainer.stats().collected(), "figures are read without the lock");
      assertEquals(1, done.getCount());
    }
    done.await();

    assertEquals(taken, drainer.stats().collected());
    assertTrue(ring.sample(1, 5, 8, 16), "there is room again");
  }

  @Test
  void shouldKnowALocationByItsNumberOnceItIsDefined() {
    ring.name(1, "t");
    ring.method(1, "a/b/C.leaf");
    ring.method(2, "a/b/C.inliner");
    ring.method(3, "a/b/C$$Lambda+0x00007f0000c0ffee.root");
    ring.words(1, 10, OK, define(7, 2), frame(1, 5), frame(2, 8), define(8, 1), frame(3, 0));
    ring.words(1, 10, OK, location(7), location(8));
    ring.words(1, 10, OK, frame(2, 1), location(8));
    // Nobody can name this one again, as its number is 0.
    ring.words(1, 10, OK, define(0, 1), frame(1, 0), location(8));
    drainer.doWork();

    String root = "t;a.b.C$$Lambda/0x00007f0000c0ffee.root";
    assertEquals(
        Map.of(
            root + ";a.b.C.inliner;a.b.C.leaf", 2L,
            root + ";a.b.C.inliner", 1L,
            root + ";a.b.C.leaf", 1L),
        folded(snapshot(drainer)));
  }

  @Test
  void shouldTakeTheNewMeaningOfALocationForSamplesAfterIt() {
    ring.name(1, "t");
    ring.method(1, "A.a");
    ring.method(2, "A.b");
    ring.words(1, 10, OK, define(1, 1), frame(1, 0));
    ring.words(1, 10, OK, define(2, 2), frame(2, 0), frame(1, 0));
    ring.words(1, 10, OK, location(1));
    drainer.doWork();
    ring.words(1, 10, OK, location(2));
    drainer.doWork();

    assertEquals(Map.of("t;A.a", 2L, "t;A.a;A.b", 2L), folded(snapshot(drainer)));
  }

  @Test
  void shouldKeepExactlyTheDepthOfWhatWasInlined() {
    ring.name(1, "t");
    int depth = 16;
    for (int i = 1; i <= depth + 4; i++) {
      ring.method(i, "M.m" + i);
    }
    long[] ten = new long[11];
    ten[0] = define(1, 10);
    for (int i = 1; i <= 10; i++) {
      ten[i] = frame(i, 0);
    }
    ring.words(1, 10, OK, ten);
    ring.words(1, 10, OK, location(1), location(1));
    ring.words(
        1,
        10,
        OK,
        location(1),
        frame(11, 0),
        frame(12, 0),
        frame(13, 0),
        frame(14, 0),
        frame(15, 0),
        frame(16, 0));
    drainer.doWork();

    String leaf =
        IntStream.rangeClosed(1, 10).mapToObj(i -> ";M.m" + (11 - i)).collect(Collectors.joining());
    Map<String, Long> folded = folded(snapshot(drainer));
    assertEquals(
        Map.of(
            "t" + leaf, 1L,
            "t;[truncated];M.m6;M.m5;M.m4;M.m3;M.m2;M.m1" + leaf, 1L,
            "t;M.m16;M.m15;M.m14;M.m13;M.m12;M.m11" + leaf, 1L),
        folded);
  }

  @Test
  void shouldPutWhereAWalkEndedAtTheRootOfWhatItFound() {
    ring.name(1, "t");
    ring.method(1, "A.a");
    ring.words(1, 10, RingWriter.VIRTUAL, frame(1, 0));
    ring.words(1, 10, RingWriter.BROKEN_STUB, frame(1, 0));
    ring.words(1, 10, RingWriter.BROKEN_STUB);
    drainer.doWork();

    assertEquals(
        Map.of("t;[virtual thread];A.a", 1L, "t;[broken: stub];A.a", 1L, "t;[broken: stub]", 1L),
        folded(snapshot(drainer)));
    assertEquals(2, drainer.stats().unwalkable());
    assertEquals(3, drainer.stats().collected());
  }

  @Test
  void shouldCountEverySampleWhenTheBudgetLeavesNoRoomForNamesPlacesOrStacks() {
    Drainer small = drainer(128 << 10);
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

    assertEquals(2 * methods, small.stats().collected() + small.stats().stackTableFull());
    assertTrue(small.stats().stackTableFull() > 0);
    assertEquals(0, small.stats().collectorError());
    long inProfile = folded(snapshot(small)).values().stream().mapToLong(n -> n).sum();
    assertEquals(small.stats().collected(), inProfile);
  }

  @Test
  void shouldTellLinesAndTimes() {
    ring.name(1, "t");
    ring.method(1, "A.a", 0 << 16 | 10, 5 << 16 | 11);
    ring.method(2, "A.n");
    ring.timeNanos = 7_000_000;
    ring.words(1, 100, OK, frame(2, -3), frame(1, 5), define(1, 1), frame(1, 4));
    ring.timeNanos = 9_000_000;
    ring.words(1, 200, OK, frame(2, -3), frame(1, 6), location(1));
    ring.words(1, 300, OK, frame(2, -3), frame(1, 0), location(1));
    drainer.doWork();

    Profile profile = snapshot(drainer);

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
    Drainer small = drainer(600 << 10);
    ring.name(1, "t");
    int stacks = 0;
    while (small.stats().stackTableFull() == 0) {
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
    Drainer always = new Drainer(ring.reader(), sampler, 16, budget, 0);
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
          new WindowFigures(signals, DropCounts.NONE, 0, 0, 0, 1, 1),
          Long.MAX_VALUE / 2);
      assertTrue(budget.used() <= budget.limit(), budget.used() + " of " + budget.limit());
    }

    assertEquals(signals, always.stats().collected());
    assertEquals(0, always.stats().stackTableFull());
    Drainer.Extent extent = always.extent();
    assertTrue(extent.sinceNanos() > 0, "it was never full: " + extent);
    Profile all =
        always
            .slice(
                0,
                Long.MAX_VALUE,
                sampler.nanos + 1,
                new WindowFigures(signals, DropCounts.NONE, 0, 0, 0, 1, 1))
            .merge(
                kept ->
                    new Profile.Info(
                        SessionStats.NONE,
                        "",
                        "",
                        0,
                        0,
                        DropCounts.NONE,
                        kept.figures().signals(),
                        0,
                        kept.states(),
                        true,
                        DebugInfo.EXACT));
    assertEquals(all.totalSamples(), all.info().unwalkable(), "signals of the windows kept");
    assertEquals(300 * (1000 - extent.sinceNanos() / 1_000_000_000L), all.totalSamples());
  }
}
