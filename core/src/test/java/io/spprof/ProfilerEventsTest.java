package io.spprof;

import static io.spprof.ProfilerState.FAILED;
import static io.spprof.ProfilerState.IDLE;
import static io.spprof.ProfilerState.RUNNING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.ProfilerEvent.OverheadExceeded;
import io.spprof.ProfilerEvent.SamplesDropped;
import io.spprof.ProfilerEvent.SessionExpired;
import io.spprof.ProfilerEvent.StateChanged;
import io.spprof.config.ProfilerConfig;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.SamplerException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Tests the events that a listener receives, their order, and the calls that a listener may make.
 */
@Timeout(value = 600, threadMode = ThreadMode.SEPARATE_THREAD) // waiting for a lock ignores
// interrupts
final class ProfilerEventsTest {

  private final FakeSampler sampler = new FakeSampler();
  private final Profiler profiler = new Profiler(sampler);
  private final List<ProfilerEvent> events = new CopyOnWriteArrayList<>();

  @AfterEach
  @Timeout(value = 600, threadMode = ThreadMode.SEPARATE_THREAD)
  void shouldLeaveNoThread() {
    profiler.close();
    WaitFor.condition(() -> !WaitFor.collectorAlive(), "the end of the thread");
  }

  private void start() {
    profiler.start(ProfilerConfig.DEFAULT);
  }

  /** Writes more than the ring holds, before the collector's next pass can take much of it. */
  private void overflow() {
    WaitFor.condition(
        () -> {
          for (int i = 0; i < 1000; i++) {
            sampler.signal(1, 10, new long[500]);
          }
          return profiler.stats().counters().dropped().of(DropReason.BUFFER_FULL) > 0;
        },
        "drops");
  }

  private <E extends ProfilerEvent> List<E> received(Class<E> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  @Test
  void shouldReportEachChangeOfStateOnceAndInOrder() {
    profiler.onEvent(events::add);
    start();
    profiler.stop();
    sampler.onStart =
        () -> {
          throw new SamplerException("no");
        };
    assertThrows(IllegalStateException.class, this::start);
    assertThrows(IllegalStateException.class, this::start);
    sampler.onStart = () -> {};
    start();
    profiler.close();
    profiler.close();

    assertEquals(
        List.of(
            new StateChanged(IDLE, RUNNING),
            new StateChanged(RUNNING, IDLE),
            new StateChanged(IDLE, FAILED),
            new StateChanged(FAILED, RUNNING),
            new StateChanged(RUNNING, IDLE)),
        events);
  }

  @Test
  void shouldReportNothingThatWasRefused() {
    profiler.onEvent(events::add);
    assertThrows(IllegalStateException.class, profiler::stop);
    start();
    events.clear();
    assertThrows(IllegalStateException.class, this::start);

    assertEquals(List.of(), events);
  }

  @Test
  void shouldReportAnExpiredSessionAfterItsState() {
    profiler.onEvent(events::add);
    sampler.onCostMeasured = // runs once, on the session's own thread
        () -> {
          sampler.signal(1, 10, 8);
          return 0;
        };
    profiler.start(ProfilerConfig.parse("duration=1s"));

    WaitFor.condition(() -> events.size() == 3, "three events");

    assertEquals(
        List.of(new StateChanged(IDLE, RUNNING), new StateChanged(RUNNING, IDLE)),
        events.subList(0, 2));
    SessionStats last = ((SessionExpired) events.get(2)).session();
    assertEquals(profiler.stats().session(), last, "the final figures");
    assertEquals(1, last.collected());
  }

  @Test
  void shouldReportDropsOnceInTenSeconds() {
    profiler.onEvent(events::add);
    start();
    overflow();
    WaitFor.condition(() -> !received(SamplesDropped.class).isEmpty(), "the event");
    int seconds = sampler.secondsPassed.get();
    WaitFor.condition(
        () -> {
          overflow();
          return sampler.secondsPassed.get() >= seconds + 2;
        },
        "two more seconds with drops");

    List<SamplesDropped> received = received(SamplesDropped.class);
    assertEquals(1, received.size());
    assertEquals(1, received.get(0).sessionId());
    assertTrue(received.get(0).dropped().of(DropReason.BUFFER_FULL) > 0);
  }

  @Test
  void shouldReportOverheadOnceInTenSeconds() {
    profiler.onEvent(events::add);
    AtomicLong clock = new AtomicLong();
    sampler.threadCpuNanos = () -> clock.addAndGet(100_000_000);
    start();
    WaitFor.condition(() -> sampler.secondsPassed.get() >= 4, "three seconds");

    List<OverheadExceeded> received = received(OverheadExceeded.class);
    assertEquals(1, received.size());
    assertTrue(received.get(0).measuredPercent() > OverheadExceeded.LIMIT_PERCENT);
    assertEquals(List.of(), received(SamplesDropped.class));
  }

  @Test
  void shouldSendNeitherWithoutACause() {
    profiler.onEvent(events::add);
    start();
    sampler.signal(1, 10, 8);
    WaitFor.condition(() -> sampler.secondsPassed.get() >= 3, "two seconds");

    assertEquals(List.of(new StateChanged(IDLE, RUNNING)), events);
  }

  @Test
  void shouldLetAListenerStopTheSessionOfItsEvent() {
    profiler.onEvent(
        event -> {
          events.add(event);
          if (event.equals(new StateChanged(IDLE, RUNNING))) {
            profiler.stop();
          }
        });
    start();

    assertSame(IDLE, profiler.state());
    assertEquals(List.of(new StateChanged(IDLE, RUNNING), new StateChanged(RUNNING, IDLE)), events);
  }

  @Test
  void shouldLetAListenerStopFromTheSessionsOwnThread() {
    AtomicReference<Thread> caller = new AtomicReference<>();
    profiler.onEvent(
        event -> {
          if (event instanceof SamplesDropped) {
            caller.set(Thread.currentThread());
            profiler.stop();
          }
        });
    start();
    overflow();
    WaitFor.condition(() -> profiler.state() == IDLE, "the listener's stop");

    assertEquals(WaitFor.SESSION_THREAD, caller.get().getName());
    ProfilerStats stats = profiler.stats();
    assertEquals(
        stats.counters().signals(),
        stats.counters().collectedSamples() + stats.counters().dropped().total());
    start();
    assertEquals(2, profiler.stop().id());
  }

  @Test
  void shouldLetAListenerStartTheNextSessionWhenOneExpires() {
    profiler.onEvent(
        event -> {
          if (event instanceof SessionExpired) {
            start();
          }
        });
    profiler.start(ProfilerConfig.parse("duration=1s"));
    WaitFor.condition(() -> profiler.stats().session().id() == 2, "the next session");
    sampler.signal(1, 10, 8);

    WaitFor.condition(() -> profiler.stats().counters().collectedSamples() == 1, "its own thread");
    assertEquals(1, profiler.stop().collected());
  }

  /** The stop waits for the session's thread, so that thread must not wait for the stop. */
  @Test
  void shouldRefuseAListenersStopWhileAnotherThreadStops() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    CountDownLatch stopping = new CountDownLatch(1);
    AtomicReference<String> refused = new AtomicReference<>("");
    sampler.onStop = FakeSampler.heldBy(hold, stopping);
    profiler.onEvent(
        event -> {
          if (event instanceof SamplesDropped) {
            try {
              stopping.await();
              profiler.stop();
            } catch (InterruptedException | IllegalStateException e) {
              refused.set(e.getMessage());
            }
          }
        });
    start();
    overflow();
    Thread other = new Thread(profiler::stop, "other stop");
    other.setDaemon(true);
    other.start();
    stopping.await();

    WaitFor.condition(() -> !refused.get().isEmpty(), "the refusal");
    assertTrue(refused.get().contains("under way on another thread"), refused.get());
    hold.countDown();
    WaitFor.end(other);
    assertSame(IDLE, profiler.state());
    assertFalse(WaitFor.collectorAlive());
  }

  @Test
  void shouldSurviveAListenerThatThrows() {
    profiler.onEvent(
        event -> {
          events.add(event);
          throw new IllegalArgumentException("the listener's fault");
        });
    start();
    overflow();
    WaitFor.condition(() -> !received(SamplesDropped.class).isEmpty(), "the event");

    long collected = profiler.stats().counters().collectedSamples();
    sampler.signal(1, 10, 8);
    WaitFor.condition(
        () -> profiler.stats().counters().collectedSamples() > collected, "passes that go on");
    profiler.stop();
    assertEquals(3, events.size());
  }
}
