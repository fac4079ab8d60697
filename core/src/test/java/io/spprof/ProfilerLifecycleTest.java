package io.spprof;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.HotMethods;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.FakeSampler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests start, stop and close of a profiler in every state, without signals. */
final class ProfilerLifecycleTest {

  private final FakeSampler sampler = new FakeSampler();
  private final Profiler profiler = new Profiler(sampler);

  @AfterEach
  void shouldLeaveNoThread() {
    profiler.close();
    assertFalse(WaitFor.collectorAlive());
  }

  private long signal() {
    sampler.signal(1, 10, 8);
    return 0;
  }

  private static void assertSays(String part, Exception refused) {
    assertTrue(refused.getMessage().contains(part), refused.getMessage());
  }

  private IllegalStateException refusedStart() {
    return assertThrows(IllegalStateException.class, () -> profiler.start(ProfilerConfig.DEFAULT));
  }

  @Test
  void shouldBeIdleAndEmptyWhenNew() {
    assertSame(ProfilerState.IDLE, profiler.state());
    assertEquals("", profiler.lastError());
    assertSame(ProfilerConfig.DEFAULT, profiler.config());
    assertSame(SessionStats.NONE, profiler.stats().session());
    assertEquals(0, profiler.stats().counters().signals());
    assertSame(HotMethods.NONE, profiler.hotMethods(HotMethods.Stretch.ALL));
    assertEquals(0, profiler.profile().rowCount());
    assertEquals(List.of(), sampler.calls, "nothing is loaded before the first start");
  }

  @Test
  void shouldSampleBetweenStartAndStop() {
    ProfilerConfig config = ProfilerConfig.parse("interval=1ms,depth=7");
    assertEquals(1, profiler.start(config));
    long started = System.currentTimeMillis();
    assertSame(ProfilerState.RUNNING, profiler.state());
    assertTrue(profiler.profile().info().running());
    assertTrue(WaitFor.collectorAlive());
    sampler.name(3, "worker");
    sampler.signal(3, 10, 8, 16);
    sampler.signal(3, 10, 8, 16);

    SessionStats stats = profiler.stop();

    assertSame(ProfilerState.IDLE, profiler.state());
    assertEquals(2, stats.collected());
    assertEquals(0, stats.dropped());
    assertEquals(config.toOptions(), stats.options());
    assertEquals(stats, profiler.stats().session());
    assertEquals(stats, profiler.stats().session(), "the figures are final");
    assertSame(config, profiler.config());
    assertFalse(WaitFor.collectorAlive());
    assertEquals(List.of("load", "start", "stop", "release"), sampler.calls);
    Profile profile = profiler.profile();
    assertEquals(2, profile.totalSamples());
    assertEquals("worker", profile.threads().get(profile.thread(0)).name());
    assertFalse(profile.info().running());
    for (HotMethods.Stretch stretch : HotMethods.Stretch.values()) {
      long asked = System.currentTimeMillis();
      HotMethods hot = profiler.hotMethods(stretch);
      // The wall clock and the session's clock are read one after the other, each time.
      long latest = started + System.currentTimeMillis() - asked;
      assertEquals("m8", hot.methods().get(0).method(), stretch.name());
      assertEquals(2, hot.samples(), stretch.name());
      assertTrue(hot.fromMillis() >= stats.startTimeMillis() - 2, stretch.name());
      assertTrue(hot.fromMillis() <= latest + 2, stretch.name());
    }
    assertTrue(profiler.stats().gauges().memoryUsedBytes() > 0, "the last profile stays in memory");
  }

  @Test
  void shouldCountWhatTheDeliveryOfSignalsCosts() {
    sampler.signalCostNanos = 2_000_000_000L;
    profiler.start(ProfilerConfig.DEFAULT);
    WaitFor.condition(() -> sampler.costMeasured.get() == 1, "the measurement");
    for (int i = 0; i < 50; i++) {
      sampler.signal(3, 10, 8);
    }
    profiler.stop();

    long overhead = profiler.stats().counters().overheadCpuNanos();
    assertTrue(overhead >= 100_000_000_000L, "overhead: " + overhead);
    assertTrue(overhead < 102_000_000_000L, "overhead: " + overhead);
  }

  /**
   * A client reads the overhead after the signals were counted, and before their new cost holds.
   */
  @Test
  void shouldNeverDecreaseTheOverheadWhenTheCostOfSignalsIsMeasured() {
    AtomicReference<CompletableFuture<Long>> read = new AtomicReference<>();
    sampler.signalCostNanos = 2_000_000_000;
    sampler.onCostMeasured =
        () -> {
          sampler.onCostRead =
              () -> {
                sampler.onCostRead = () -> {};
                read.set(readBeside());
              };
          return 1_000_000_000;
        };
    profiler.start(ProfilerConfig.DEFAULT);
    WaitFor.condition(() -> read.get() != null, "the measurement");
    long before = read.get().join();
    assertTrue(before >= 10_000_000_000L, "before: " + before);
    long after = profiler.stats().counters().overheadCpuNanos();
    assertTrue(after >= before, after + " after " + before);
  }

  /** Reads the overhead after ten signals, on a thread that has the result or waits for a lock. */
  private CompletableFuture<Long> readBeside() {
    CompletableFuture<Long> overhead = new CompletableFuture<>();
    Thread client =
        new Thread(
            () -> {
              // The session's thread can be here before the start has made the session public.
              WaitFor.condition(() -> profiler.state() == ProfilerState.RUNNING, "the start");
              for (int i = 0; i < 10; i++) {
                sampler.signal(3, 10, 8);
              }
              overhead.complete(profiler.stats().counters().overheadCpuNanos());
            },
            "client");
    client.start();
    WaitFor.condition(
        () -> overhead.isDone() || client.getState() == Thread.State.BLOCKED, "the client");
    return overhead;
  }

  /** The overhead is a counter, which never decreases. */
  @Test
  void shouldAssumeACostOfSignalsUntilItIsMeasuredAndKeepWhatItHasCounted() {
    CountDownLatch measured = new CountDownLatch(1);
    sampler.signalCostNanos = 2_000_000_000;
    sampler.onCostMeasured =
        () -> {
          try {
            measured.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          return 1_000_000_000;
        };
    profiler.start(ProfilerConfig.DEFAULT);
    for (int i = 0; i < 10; i++) {
      sampler.signal(3, 10, 8);
    }
    assertEquals(20_000_000_000L, profiler.stats().counters().overheadCpuNanos());
    measured.countDown();
    WaitFor.condition(() -> sampler.secondsPassed.get() >= 2, "the check of the environment");
    assertEquals(20_000_000_000L, profiler.stats().counters().overheadCpuNanos());
    for (int i = 0; i < 5; i++) {
      sampler.signal(3, 10, 8);
    }
    profiler.stop();

    assertEquals(25_000_000_000L, profiler.stats().counters().overheadCpuNanos());
  }

  /** A client may ask many times a second, and each attempt reads all samples. */
  @Test
  void shouldTryTheLastHotListOnceASecondWhereTheHeapHasNoRoom() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(3, 10, 8);
    profiler.stop();
    AtomicInteger attempts = new AtomicInteger();
    profiler.heapRoom(
        () -> {
          attempts.incrementAndGet();
          return 0;
        });
    long start = System.nanoTime();
    while (System.nanoTime() - start < 100_000_000) {
      assertEquals(0, profiler.hotMethods(HotMethods.Stretch.LAST_TEN_SECONDS).samples());
    }
    long most = 1 + (System.nanoTime() - start) / 1_000_000_000;
    assertTrue(attempts.get() <= most, attempts + " attempts, at most " + most + " expected");

    profiler.heapRoom(HeapRoom.UNLIMITED);
    WaitFor.condition(
        () -> profiler.hotMethods(HotMethods.Stretch.LAST_TEN_SECONDS).samples() == 1, "the list");
  }

  @Test
  void shouldRefuseStartWhileRunningAndNameTheSession() {
    profiler.start(ProfilerConfig.parse("interval=3ms"));

    IllegalStateException refused = refusedStart();

    assertSays("session 1 is running (interval=3ms", refused);
    assertSays("stop it first", refused);
    assertSame(ProfilerState.RUNNING, profiler.state());
    assertEquals(1, profiler.stats().counters().sessionsStarted());
    sampler.signal(1, 10, 8);
    assertEquals(1, profiler.stop().collected(), "the session went on");
  }

  @Test
  void shouldRefuseStopWhenIdle() {
    assertSays(
        "call start first", assertThrows(IllegalStateException.class, () -> profiler.stop()));
    assertSame(ProfilerState.IDLE, profiler.state());
    profiler.start(ProfilerConfig.DEFAULT);
    profiler.stop();
    assertThrows(IllegalStateException.class, () -> profiler.stop());
    assertSame(ProfilerState.IDLE, profiler.state());
    assertEquals(1, sampler.calls.stream().filter("stop"::equals).count());
  }

  @Test
  void shouldKeepTheLastProfileUntilTheNextStart() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    profiler.stop();
    assertEquals(1, profiler.profile().totalSamples());

    assertEquals(2, profiler.start(ProfilerConfig.DEFAULT));

    assertEquals(0, profiler.profile().totalSamples());
    assertEquals(1, profiler.stats().counters().collectedSamples(), "counters go on");
    assertEquals(2, profiler.stats().session().id());
  }

  @Test
  void shouldStopARunningSessionWhenClosedAndRefuseToStartAgain() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);

    profiler.close();

    assertSame(ProfilerState.IDLE, profiler.state());
    assertFalse(WaitFor.collectorAlive());
    assertEquals(1, profiler.profile().totalSamples(), "what was sampled can still be read");
    assertSays("was closed; use a new one", refusedStart());
    assertThrows(IllegalStateException.class, () -> profiler.stop());
    assertDoesNotThrow(profiler::close, "closing twice is fine");
  }

  @Test
  void shouldRefuseToStartAfterAnIdleProfilerWasClosed() {
    profiler.close();

    assertSays("was closed", refusedStart());
    assertEquals(List.of(), sampler.calls);
  }

  @Test
  void shouldBeFailedFromTheBeginningWhereItCannotWork() {
    sampler.unavailable = "no native library for vax";
    try (Profiler hopeless = new Profiler(sampler)) {
      assertSame(ProfilerState.FAILED, hopeless.state());
      assertEquals("no native library for vax", hopeless.lastError());
      assertThrows(IllegalStateException.class, hopeless::stop);
      assertEquals(0, hopeless.stats().counters().signals());
    }
  }

  @Test
  void shouldEndByItselfWhenItsTimeIsOver() {
    sampler.onCostMeasured = this::signal; // runs once, on the session's own thread
    profiler.start(ProfilerConfig.parse("duration=1s"));

    WaitFor.condition(() -> profiler.state() == ProfilerState.IDLE, "the end of the second");

    assertTrue(profiler.stats().session().durationMillis() >= 1000);
    assertEquals(1, profiler.stats().session().collected());
    assertThrows(IllegalStateException.class, () -> profiler.stop());
    WaitFor.condition(() -> !WaitFor.collectorAlive(), "the end of the thread");
    assertEquals(2, profiler.start(ProfilerConfig.DEFAULT));
  }

  @Test
  void shouldLookForThreadsAlthoughTheMachineGivesItLittleTime() {
    AtomicInteger sweeps = new AtomicInteger();
    sampler.onSweep =
        () -> {
          LockSupport.parkNanos(700_000_000); // passes without using CPU time
          sweeps.incrementAndGet();
        };
    profiler.start(ProfilerConfig.DEFAULT);

    WaitFor.condition(() -> sweeps.get() >= 2, "two sweeps");
  }

  @Test
  void shouldWakeUpAsSeldomWhereOnlyTimesOfThreadsArriveAsWhereNothingDoes() {
    AtomicInteger passes = new AtomicInteger();
    sampler.onNamesRead =
        () -> {
          passes.incrementAndGet();
          sampler.times(1, 5, 6); // for the next pass
        };
    // With a budget, samples would wake the thread twice as often.
    profiler.start(ProfilerConfig.parse("budget=100"));
    WaitFor.condition(() -> sampler.secondsPassed.get() >= 3, "the first second");
    int first = passes.get();
    long start = System.nanoTime();
    WaitFor.condition(() -> sampler.secondsPassed.get() >= 6, "three seconds");
    int found = passes.get() - first;
    double seconds = (System.nanoTime() - start) / 1e9;

    assertTrue(found <= 5 * seconds + 2, found + " passes in " + seconds + " s");
  }

  @Test
  void shouldCountOnThroughAHundredSessions() {
    ProfilerStats before = profiler.stats();
    for (int i = 1; i <= 100; i++) {
      profiler.start(ProfilerConfig.DEFAULT);
      for (int n = 0; n < i; n++) {
        sampler.signal(1, 10, 8, 16);
      }
      assertEquals(i, profiler.stop().collected());
      ProfilerStats after = profiler.stats();
      assertEquals(i, after.counters().sessionsStarted());
      assertEquals(before.counters().collectedSamples() + i, after.counters().collectedSamples());
      assertEquals(
          before.counters().sampledCpuNanos() + 10 * i, after.counters().sampledCpuNanos());
      assertEquals(
          after.counters().signals(),
          after.counters().collectedSamples() + after.counters().dropped().total());
      before = after;
    }
    assertFalse(WaitFor.collectorAlive());
  }
}
