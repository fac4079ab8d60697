package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mockConstruction;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.spprof.collect.Collector;
import io.spprof.collect.CollectorStats;
import io.spprof.config.ProfilerConfig;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.SamplerException;
import io.spprof.sampler.Walker;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.mockito.MockedConstruction;

/** Tests a failure of every step. The steps before it are undone, and the next try succeeds. */
@Timeout(value = 600, threadMode = ThreadMode.SEPARATE_THREAD) // waiting for a lock ignores
// interrupts
final class ProfilerFailuresTest {

  private static final FakeSampler.Step FINE = () -> {};

  private final FakeSampler sampler = new FakeSampler();
  private final Profiler profiler = new Profiler(sampler);

  @AfterEach
  @Timeout(value = 600, threadMode = ThreadMode.SEPARATE_THREAD)
  void shouldLeaveNoThread() {
    sampler.onStop = FINE;
    profiler.close();
    assertFalse(WaitFor.collectorAlive());
  }

  private static FakeSampler.Step refuse(String why) {
    return () -> {
      throw new SamplerException(why);
    };
  }

  private void assertStartFails(String why) {
    String message =
        assertThrows(IllegalStateException.class, () -> profiler.start(ProfilerConfig.DEFAULT))
            .getMessage();
    assertTrue(message.contains(why), message);
    assertSame(ProfilerState.FAILED, profiler.state());
    assertEquals(message, profiler.lastError());
    assertFalse(WaitFor.collectorAlive());
    assertEquals(0, profiler.stats().counters().sessionsStarted());
    assertThrows(IllegalStateException.class, profiler::stop);
  }

  private void assertNextSessionIsFine(long id) {
    assertEquals(id, profiler.start(ProfilerConfig.DEFAULT));
    assertSame(ProfilerState.RUNNING, profiler.state());
    assertEquals("", profiler.lastError());
    sampler.signal(1, 10, 8);
    assertEquals(1, profiler.stop().collected());
    assertSame(ProfilerState.IDLE, profiler.state());
  }

  @Test
  void shouldFailToStartWhenTheLibraryCannotBeLoaded() {
    sampler.onLoad = refuse("noexec; mount it elsewhere");
    assertStartFails("noexec; mount it elsewhere");
    assertEquals(List.of("load"), sampler.calls);

    sampler.onLoad = FINE;
    assertNextSessionIsFine(1);
  }

  @Test
  void shouldFailToStartWhenTheLibraryDoesNotLink() {
    sampler.onLoad =
        () -> {
          throw new UnsatisfiedLinkError("wrong architecture");
        };
    assertStartFails("wrong architecture");
  }

  @Test
  void shouldFailToStartWhenTheSamplerRefuses() {
    sampler.onStart = refuse("SIGPROF is held by libother.so; stop it");
    assertStartFails("libother.so");
    assertEquals(List.of("load", "start"), sampler.calls);

    sampler.onStart = FINE;
    assertNextSessionIsFine(1);
  }

  @Test
  void shouldFailToStartWithoutHeap() {
    sampler.onStart =
        () -> {
          throw new OutOfMemoryError("Java heap space");
        };
    assertStartFails("Java heap space");
  }

  @Test
  void shouldUndoTheSamplersStartWhenTheCollectorCannotBeMade() {
    try (MockedConstruction<Collector> none =
        mockConstruction(
            Collector.class,
            (mock, context) -> {
              throw new OutOfMemoryError("Java heap space");
            })) {
      assertThrows(Throwable.class, () -> profiler.start(ProfilerConfig.DEFAULT));
      assertEquals(List.of(), none.constructed());
    }

    assertEquals(List.of("load", "start", "stop", "release"), sampler.calls);
    assertFalse(WaitFor.collectorAlive());
    assertNextSessionIsFine(1);
  }

  @Test
  void shouldNotHangWhenItsThreadCannotBeKeptOut() {
    sampler.onExclude =
        () -> {
          sampler.onExclude = FINE;
          throw new SamplerException("no slot");
        };

    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);

    assertEquals(1, profiler.stop().collected());
  }

  @Test
  void shouldKeepTheLastSessionsFiguresWhenTheNextFailsToStart() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    profiler.stop();
    sampler.onStart = refuse("no");

    assertThrows(IllegalStateException.class, () -> profiler.start(ProfilerConfig.DEFAULT));

    assertEquals(1, profiler.profile().totalSamples());
    assertEquals(1, profiler.stats().counters().collectedSamples());
    sampler.onStart = FINE;
    assertNextSessionIsFine(2);
  }

  @Test
  void shouldTryAStopThatTimedOutAgain() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    sampler.onStop = refuse("a signal handler is still running; call stop again");

    for (int i = 0; i < 2; i++) {
      String message = assertThrows(IllegalStateException.class, profiler::stop).getMessage();
      assertTrue(message.contains("call stop again"), message);
      assertSame(ProfilerState.FAILED, profiler.state());
      assertEquals(message, profiler.lastError());
    }
    assertFalse(sampler.calls.contains("release"), "nothing is freed");
    assertThrows(IllegalStateException.class, () -> profiler.start(ProfilerConfig.DEFAULT));

    sampler.onStop = FINE;
    assertEquals(1, profiler.stop().collected());
    assertSame(ProfilerState.IDLE, profiler.state());
    assertEquals("", profiler.lastError());
    assertNextSessionIsFine(2);
  }

  /** After any exception from a teardown, the session still exists and can be stopped. */
  @Test
  void shouldTryAStopThatBrokeAgain() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    sampler.onStop =
        () -> {
          throw new NoClassDefFoundError("com/sun/jna/Native");
        };

    assertThrows(NoClassDefFoundError.class, profiler::stop);

    sampler.onStop = FINE;
    assertEquals(1, profiler.stop().collected());
    assertNextSessionIsFine(2);
  }

  @Test
  void shouldEndTheSessionWhenItsLastPassFindsNoHeap() {
    profiler.start(ProfilerConfig.DEFAULT);
    Thread stopping = Thread.currentThread();
    sampler.threadCpuNanos =
        () -> {
          if (Thread.currentThread() == stopping) {
            throw new OutOfMemoryError("Java heap space");
          }
          return 0;
        };

    sampler.signal(1, 10, 8); // in the ring, unless a pass has taken it already
    profiler.stop();

    sampler.threadCpuNanos = () -> 0;
    assertEquals(ProfilerState.IDLE, profiler.state());
    assertTrue(profiler.lastError().contains("could not be collected"), profiler.lastError());
    ProfilerStats stats = profiler.stats();
    assertEquals(
        stats.counters().signals(),
        stats.counters().collectedSamples() + stats.counters().dropped().total());
    assertFalse(WaitFor.collectorAlive());
    assertNextSessionIsFine(2);
  }

  @Test
  void shouldEndTheSessionWhenItsLastPassFailsEachTime() {
    profiler.start(ProfilerConfig.DEFAULT);
    Thread stopping = Thread.currentThread();
    sampler.threadCpuNanos =
        () -> {
          if (Thread.currentThread() == stopping) {
            throw new InternalError("gone");
          }
          return 0;
        };

    assertThrows(InternalError.class, () -> profiler.stop());

    sampler.threadCpuNanos = () -> 0;
    assertEquals(ProfilerState.FAILED, profiler.state());
    assertFalse(WaitFor.collectorAlive());
    assertNextSessionIsFine(2);
  }

  /** Makes the calling thread's next look at the counters fail. Returns how many looks it made. */
  private AtomicInteger failToCountOnce(Error error) {
    Thread caller = Thread.currentThread();
    AtomicInteger asked = new AtomicInteger();
    sampler.onCountersAsked =
        () -> {
          if (Thread.currentThread() == caller && asked.getAndIncrement() == 0) {
            throw error;
          }
        };
    return asked;
  }

  /** Thread.stop, or a stack overflow in the stopping thread, at any point. */
  @Test
  void shouldEndASessionWhoseStopWasInterruptedByAnError() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    failToCountOnce(new StackOverflowError());

    assertThrows(StackOverflowError.class, () -> profiler.stop());

    assertEquals(ProfilerState.FAILED, profiler.state());
    assertTrue(profiler.lastError().contains("StackOverflowError"), profiler.lastError());
    profiler.stop();
    assertEquals(ProfilerState.IDLE, profiler.state());
    assertEquals(1, profiler.stats().counters().collectedSamples());
    assertFalse(WaitFor.collectorAlive());
    assertNextSessionIsFine(2);
  }

  /** The files from which names of native functions are read must not stay open. */
  @Test
  void shouldCloseItsFilesAlthoughTheLastFiguresFail() {
    try (MockedConstruction<Collector> made =
        mockConstruction(
            Collector.class,
            (mock, context) -> {
              when(mock.stats()).thenReturn(CollectorStats.ZERO);
              when(mock.latestStats()).thenReturn(CollectorStats.ZERO);
            })) {
      profiler.start(ProfilerConfig.DEFAULT);
      Thread stopper = Thread.currentThread();
      sampler.onCountersAsked =
          () -> {
            if (Thread.currentThread() == stopper) {
              throw new StackOverflowError();
            }
          };

      assertThrows(StackOverflowError.class, profiler::stop);

      verify(made.constructed().get(made.constructed().size() - 1)).close();
      sampler.onCountersAsked = () -> {};
      profiler.stop();
    }
  }

  @Test
  void shouldEndWithoutHeapForTheLastFiguresAndComputeThemBeforeTheNextStart() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    AtomicInteger asked = failToCountOnce(new OutOfMemoryError("Java heap space"));

    profiler.stop();

    assertEquals(ProfilerState.IDLE, profiler.state());
    assertTrue(asked.get() > 0);
    assertFalse(WaitFor.collectorAlive());
    assertNextSessionIsFine(2);
    assertEquals(0, profiler.stats().counters().dropped().total());
  }

  /** A handler of other code in front of ours can call ours between and after sessions. */
  @Test
  void shouldCountASignalWhereItsOutcomeIsCounted() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    sampler.beginSignal();
    profiler.stop();
    sampler.endSignal();
    assertSignals(1, 0);

    sampler.beginSignal();
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.endSignal();
    profiler.stop();
    assertSignals(1, 1);
  }

  private void assertSignals(long collected, long dropped) {
    ProfilerStats stats = profiler.stats();
    assertEquals(collected, stats.counters().collectedSamples());
    assertEquals(dropped, stats.counters().dropped().total());
    assertEquals(collected + dropped, stats.counters().signals());
  }

  /**
   * A problem that lasts as long as the session neither hides temporary problems nor is hidden by
   * them.
   */
  @Test
  void shouldReportWhatTheEnvironmentLacksBesideOtherProblems() {
    sampler.environmentProblem = "the sandbox forbids membarrier";
    profiler.start(ProfilerConfig.DEFAULT);
    WaitFor.condition(
        () -> profiler.lastError().equals("the sandbox forbids membarrier"), "at the beginning");
    sampler.threadProblem = "SIGPROF is blocked";
    WaitFor.condition(
        () ->
            profiler
                .lastError()
                .equals("SIGPROF is blocked; besides, the sandbox forbids membarrier"),
        "both");
    sampler.threadProblem = "";
    WaitFor.condition(
        () -> profiler.lastError().equals("the sandbox forbids membarrier"), "what lasts");
  }

  @Test
  void shouldReportWhyTheWalkerIsNotUsedOrWhatLimitsIt() {
    sampler.walkerProblem = "this JVM has no code blob called StubRoutines";
    sampler.walker = Walker.AGCT;
    profiler.start(ProfilerConfig.DEFAULT);
    assertEquals(
        "walker=agct is used, which cannot read every stack: walker=vm does not work in this JVM, "
            + sampler.walkerProblem,
        profiler.lastError());
    profiler.stop();
    sampler.walker = Walker.VM;
    profiler.start(ProfilerConfig.DEFAULT);
    assertEquals(
        "walker=vm cannot read a few kinds of stacks in this JVM: " + sampler.walkerProblem,
        profiler.lastError());
  }

  @Test
  void shouldGoOnWhenAPassFindsNoHeap() {
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    WaitFor.condition(() -> profiler.stats().counters().collectedSamples() == 1, "the first pass");
    Thread main = Thread.currentThread();
    AtomicInteger failures = new AtomicInteger();
    sampler.threadCpuNanos =
        () -> {
          if (Thread.currentThread() != main && failures.getAndIncrement() < 3) {
            throw new OutOfMemoryError("Java heap space");
          }
          return 0;
        };
    sampler.signal(1, 10, 8);

    WaitFor.condition(
        () -> profiler.stats().counters().collectedSamples() == 2, "a pass after the failures");

    assertTrue(failures.get() > 3);
    assertEquals(2, profiler.stop().collected());
  }

  @Test
  void shouldEndTheSessionAtItsTimeThoughEachPassFails() {
    Thread main = Thread.currentThread();
    AtomicInteger passes = new AtomicInteger();
    sampler.onNamesRead = passes::incrementAndGet;
    sampler.threadCpuNanos =
        () -> {
          if (Thread.currentThread() != main && passes.get() > 0) {
            throw new NoClassDefFoundError("for the test");
          }
          return 0;
        };
    profiler.start(ProfilerConfig.parse("duration=1s"));

    WaitFor.condition(() -> profiler.state() == ProfilerState.IDLE, "the session's end");
    assertTrue(profiler.lastError().contains("could not be collected"), profiler.lastError());
    WaitFor.condition(() -> !WaitFor.collectorAlive(), "the thread that ended its own session");
  }

  /**
   * Each attempt without heap makes the JVM collect garbage, which takes the application's time.
   */
  @Test
  void shouldRestBeforeItTriesAgainWithoutHeap() {
    Thread main = Thread.currentThread();
    List<Long> failures = new CopyOnWriteArrayList<>();
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    WaitFor.condition(() -> profiler.stats().counters().collectedSamples() == 1, "the first pass");
    sampler.threadCpuNanos =
        () -> {
          if (Thread.currentThread() != main && failures.size() < 3) {
            failures.add(System.nanoTime());
            throw new OutOfMemoryError("Java heap space");
          }
          return 0;
        };
    WaitFor.condition(() -> failures.size() >= 3, "three attempts");

    assertTrue(failures.get(2) - failures.get(0) > 1_500_000_000L, failures::toString);
    assertEquals(0, profiler.stop().dropped());
  }

  @Test
  void shouldCountAMethodThatCannotBeNamedForWantOfHeap() {
    sampler.names =
        method -> {
          if (method == 8) {
            throw new OutOfMemoryError("Java heap space");
          }
          return "m" + method;
        };
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    WaitFor.condition(
        () -> profiler.stats().counters().dropped().of(DropReason.COLLECTOR_ERROR) == 1,
        "the failure");
    sampler.signal(1, 10, 16);
    sampler.signal(1, 10, 24);

    SessionStats stats = profiler.stop();

    assertEquals(2, stats.collected());
    assertEquals(1, stats.dropped());
    assertEquals(10, profiler.stats().counters().droppedCpuNanos());
    assertEquals(3, profiler.stats().counters().signals());
  }
}
