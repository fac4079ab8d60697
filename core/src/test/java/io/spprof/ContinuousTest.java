package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import io.spprof.profile.Kept;
import io.spprof.profile.Profile;
import io.spprof.profile.TimeRange;
import io.spprof.profile.WindowStats;
import io.spprof.sampler.FakeSampler;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Tests what a program sees of the windows into which a continuous session divides its time. The
 * sampler is a fake one without signals.
 */
final class ContinuousTest {

  private final FakeSampler sampler = new FakeSampler();
  private final AtomicLong ahead = new AtomicLong(); // of this machine's wall clock, ms
  private final Profiler profiler = new Profiler(sampler, this::now);

  private Instant now() {
    return Instant.ofEpochMilli(System.currentTimeMillis() + ahead.get());
  }

  @AfterEach
  void close() {
    profiler.close();
  }

  /** Waits until the window ends that is open now. */
  private void awaitAWindow() {
    int now = profiler.windows().size();
    WaitFor.condition(() -> profiler.windows().size() > now, "the end of a window");
  }

  @Test
  void shouldKeepOneWindowForAnOrdinarySession() {
    assertEquals(Kept.NONE, profiler.kept());
    assertEquals(List.of(), profiler.windows());
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10, 8);
    profiler.stop();

    assertEquals(1, profiler.kept().windows());
    assertEquals(1, profiler.windows().size());
    assertEquals(1, profiler.windows().get(0).samples());
    assertTrue(
        assertThrows(IllegalStateException.class, () -> profiler.profile(new TimeRange(0, 1)))
            .getMessage()
            .contains("mode=continuous"));
  }

  @Test
  void shouldHaveTheWalkerForgetBeforeItsTablesAreFull() throws Exception {
    profiler.start(ProfilerConfig.parse("mode=continuous,memory=1m")); // room for 512 methods
    for (int method = 1; method <= 200; method++) {
      sampler.signal(1, 10, 8L * method);
    }
    int seconds = sampler.secondsPassed.get();
    WaitFor.condition(() -> sampler.secondsPassed.get() > seconds + 2, "two seconds");
    assertEquals(0, sampler.forgotten.get());
    for (int method = 201; method <= 300; method++) {
      sampler.signal(1, 10, 8L * method);
    }
    WaitFor.condition(() -> sampler.forgotten.get() > 0, "the tables of the walker are emptied");
  }

  @Test
  void shouldCloseWindowsAndReportAStretchByItself() throws Exception {
    profiler.start(ProfilerConfig.parse("mode=continuous,window=1s"));
    sampler.signal(1, 10, 8);
    awaitAWindow();
    sampler.signal(1, 10, 16);
    sampler.signal(2, 10, 8);
    awaitAWindow();
    sampler.signal(1, 10, 24);
    sampler.signal(1, 10, 24);
    sampler.signal(1, 10, 24);
    profiler.stop();

    long asked = System.currentTimeMillis();
    List<WindowStats> windows = profiler.windows();
    assertEquals(6, profiler.profile().totalSamples());
    assertEquals(6, windows.stream().mapToLong(WindowStats::samples).sum());
    // On a slow machine, windows end between the signals.
    WindowStats second =
        windows.stream().skip(1).filter(window -> window.samples() > 0).findFirst().orElseThrow();
    long middle = (second.fromMillis() + second.toMillis()) / 2;
    Profile stretch = profiler.profile(new TimeRange(middle, middle + 1));
    // The wall clock and the session's clock are read one after the other, each time.
    long apart = 5 + System.currentTimeMillis() - asked;
    assertEquals(second.samples(), stretch.totalSamples());
    assertEquals(second.samples(), stretch.info().session().collected());
    assertEquals(second.fromMillis(), stretch.info().session().startTimeMillis(), apart);
    assertEquals(
        second.toMillis() - second.fromMillis(), stretch.info().session().durationMillis(), 5);
    assertEquals(windows.size(), profiler.kept().windows());
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> profiler.profile(new TimeRange(0, 1)))
            .getMessage()
            .contains("nothing is kept of that time"));
  }

  @Test
  void shouldReportTimesByTheCurrentWallClockHoweverItWasSet() throws Exception {
    profiler.start(ProfilerConfig.parse("mode=continuous,window=1s"));
    sampler.signal(1, 10, 8);
    awaitAWindow();
    for (long hours : new long[] {0, 5, -40}) {
      ahead.set(TimeUnit.HOURS.toMillis(hours));
      long now = now().toEpochMilli();
      List<WindowStats> windows = profiler.windows();
      assertEquals(now, windows.get(windows.size() - 1).toMillis(), TimeUnit.MINUTES.toMillis(10));
      assertEquals(
          windows.get(0).fromMillis(), profiler.kept().fromMillis(), TimeUnit.MINUTES.toMillis(10));
      for (WindowStats window : windows) {
        assertTrue(window.fromMillis() <= window.toMillis());
      }
      assertEquals(1, profiler.profile(TimeRange.parse("last=10m", now)).totalSamples());
      TimeRange wrong = TimeRange.parse("last=10m", now + TimeUnit.HOURS.toMillis(1));
      assertThrows(IllegalArgumentException.class, () -> profiler.profile(wrong));
    }
    sampler.signal(1, 10, 16);
    awaitAWindow();
  }
}
