package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import io.spprof.profile.HotMethods;
import io.spprof.profile.ProfilerStats;
import io.spprof.sampler.FakeSampler;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Tests starts, stops and readers at the same time, with real threads. */
@Timeout(value = 600, threadMode = ThreadMode.SEPARATE_THREAD) // waiting for a lock ignores
// interrupts
final class ProfilerConcurrencyTest {

  private final FakeSampler sampler = new FakeSampler();
  private final Profiler profiler = new Profiler(sampler);
  private final CountDownLatch hold = new CountDownLatch(1);
  private final CountDownLatch inside = new CountDownLatch(1);
  private final List<String> outcomes = new CopyOnWriteArrayList<>();

  @AfterEach
  @Timeout(value = 600, threadMode = ThreadMode.SEPARATE_THREAD)
  void shouldLeaveNoThread() {
    hold.countDown();
    profiler.close();
    assertFalse(WaitFor.collectorAlive());
  }

  private Thread run(String what, Runnable action) {
    Thread thread =
        new Thread(
            () -> {
              try {
                action.run();
                outcomes.add(what);
              } catch (IllegalStateException refused) {
                outcomes.add(what + " refused: " + refused.getMessage());
              }
            },
            what);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void start() {
    profiler.start(ProfilerConfig.DEFAULT);
  }

  /** Calls all reading methods. A test that returns from this method was not blocked. */
  private void readEverything() {
    profiler.state();
    assertTrue(profiler.lastError() != null);
    profiler.config();
    profiler.stats();
    for (HotMethods.Stretch stretch : HotMethods.Stretch.values()) {
      profiler.hotMethods(stretch);
    }
    profiler.profile();
  }

  @Test
  void shouldAnswerWhileAStartIsStuck() throws Exception {
    sampler.onStart = FakeSampler.heldBy(hold, inside);
    Thread starting = run("start", this::start);
    inside.await();

    readEverything();
    assertSame(ProfilerState.IDLE, profiler.state());
    assertEquals(0, profiler.stats().counters().sessionsStarted());

    hold.countDown();
    WaitFor.end(starting);
    assertSame(ProfilerState.RUNNING, profiler.state());
  }

  @Test
  void shouldAnswerWhileAStopIsStuck() throws Exception {
    start();
    sampler.signal(1, 10, 8);
    sampler.onStop = FakeSampler.heldBy(hold, inside);
    Thread stopping = run("stop", profiler::stop);
    inside.await();

    readEverything();
    assertSame(ProfilerState.RUNNING, profiler.state());
    WaitFor.condition(
        () -> profiler.stats().counters().collectedSamples() == 1, "passes that go on");

    hold.countDown();
    WaitFor.end(stopping);
    assertEquals(List.of("stop"), outcomes);
  }

  @Test
  void shouldLetOneOfTwoStopsDoIt() throws Exception {
    start();
    sampler.onStop = FakeSampler.heldBy(hold, inside);
    Thread first = run("first", profiler::stop);
    inside.await();
    Thread second = run("second", profiler::stop);
    WaitFor.blocked(second);

    hold.countDown();
    WaitFor.end(first);
    WaitFor.end(second);

    assertTrue(outcomes.contains("first"), outcomes.toString());
    assertTrue(
        outcomes.contains("second refused: no session is running; call start first"),
        outcomes.toString());
    assertEquals(1, sampler.calls.stream().filter("stop"::equals).count());
  }

  @Test
  void shouldLetOneOfTwoStartsDoIt() throws Exception {
    sampler.onStart = FakeSampler.heldBy(hold, inside);
    Thread first = run("first", this::start);
    inside.await();
    Thread second = run("second", this::start);
    WaitFor.blocked(second);

    hold.countDown();
    WaitFor.end(first);
    WaitFor.end(second);

    assertTrue(outcomes.contains("first"), outcomes.toString());
    assertTrue(
        outcomes.stream().anyMatch(o -> o.startsWith("second refused: session 1 is running")),
        outcomes.toString());
  }

  @Test
  void shouldStartAfterTheStopThatIsUnderWay() throws Exception {
    start();
    sampler.onStop = FakeSampler.heldBy(hold, inside);
    Thread stopping = run("stop", profiler::stop);
    inside.await();
    Thread starting = run("start", this::start);
    WaitFor.blocked(starting);

    hold.countDown();
    WaitFor.end(stopping);
    WaitFor.end(starting);

    assertSame(ProfilerState.RUNNING, profiler.state());
    assertEquals(2, profiler.stats().session().id());
    assertEquals(List.of("load", "start", "stop", "release", "load", "start"), sampler.calls);
  }

  @Test
  void shouldNotLeaveAStopHalfWayWhenItsThreadIsInterrupted() throws Exception {
    start();
    sampler.signal(1, 10, 8);
    Thread stopping =
        run(
            "stop",
            () -> {
              Thread.currentThread().interrupt();
              profiler.stop();
              assertTrue(Thread.currentThread().isInterrupted(), "the interrupt is kept");
            });
    WaitFor.end(stopping);

    assertEquals(List.of("stop"), outcomes);
    assertFalse(WaitFor.collectorAlive());
  }

  /**
   * Monitoring systems subtract two readings, so no counter may decrease, not even at the end of a
   * session.
   */
  @Test
  void shouldNeverLetACounterGoBack() throws Exception {
    AtomicReference<String> broken = new AtomicReference<>("");
    CountDownLatch over = new CountDownLatch(1);
    Thread signals =
        run(
            "signals",
            () -> {
              for (long n = 0; over.getCount() > 0; n++) {
                sampler.signal((int) (n % 5), 10, 8 * (n % 50 + 1), 16);
              }
            });
    Thread reader =
        run(
            "reader",
            () -> {
              ProfilerStats before = profiler.stats();
              while (over.getCount() > 0) {
                ProfilerStats now = profiler.stats();
                if (!goesOnFrom(before, now)) {
                  broken.set(before + "\n  then " + now);
                }
                before = now;
              }
            });
    for (int i = 0; i < 200; i++) {
      long collected = profiler.stats().counters().collectedSamples();
      start();
      WaitFor.condition(() -> profiler.stats().counters().signals() > collected, "signals");
      profiler.stop();
      ProfilerStats stats = profiler.stats();
      assertEquals(
          stats.counters().signals(),
          stats.counters().collectedSamples() + stats.counters().dropped().total());
    }
    over.countDown();
    WaitFor.end(signals);
    WaitFor.end(reader);

    assertEquals("", broken.get());
    assertEquals(2, outcomes.size(), outcomes.toString());
  }

  /** Tests a reader that is delayed between reading the session and reading the counters. */
  @Test
  void shouldNotCountALaterSessionsSignals() {
    start();
    sampler.signal(1, 10, 8, 16);
    AtomicReference<ProfilerStats> ended = new AtomicReference<>();
    sampler.onCountersAsked =
        () -> {
          if (isCollector()) {
            return;
          }
          sampler.onCountersAsked = () -> {};
          profiler.stop();
          ended.set(profiler.stats());
          start();
          sampler.signal(1, 10, 8, 16);
        };

    ProfilerStats late = profiler.stats();

    assertEquals(ended.get(), late);
    profiler.stop();
  }

  @Test
  void shouldNeverShowASampleWithoutItsSignal() {
    start();
    sampler.onCountersRead =
        () -> {
          if (isCollector()) {
            return;
          }
          sampler.onCountersRead = () -> {};
          sampler.signal(1, 10, 8);
          WaitFor.condition(
              () -> profiler.stats().counters().collectedSamples() == 1, "the sample");
        };

    ProfilerStats readMeanwhile = profiler.stats();

    assertTrue(readMeanwhile.counters().signals() >= readMeanwhile.counters().collectedSamples());
    assertEquals(1, profiler.stats().counters().signals());
  }

  /** The session's own thread reads the counters, too; it must not wait for itself. */
  private static boolean isCollector() {
    return Thread.currentThread().getName().equals(WaitFor.SESSION_THREAD);
  }

  private static boolean goesOnFrom(ProfilerStats before, ProfilerStats now) {
    return now.counters().sessionsStarted() >= before.counters().sessionsStarted()
        && now.counters().signals() >= before.counters().signals()
        && now.counters().collectedSamples() >= before.counters().collectedSamples()
        && now.counters().dropped().total() >= before.counters().dropped().total()
        && now.counters().sampledCpuNanos() >= before.counters().sampledCpuNanos()
        && now.counters().droppedCpuNanos() >= before.counters().droppedCpuNanos()
        && now.counters().overheadCpuNanos() >= before.counters().overheadCpuNanos()
        && now.counters().signals()
            >= now.counters().collectedSamples() + now.counters().dropped().total();
  }
}
