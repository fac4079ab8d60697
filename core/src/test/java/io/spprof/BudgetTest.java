package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import io.spprof.export.TextReport;
import io.spprof.profile.Profile;
import io.spprof.profile.WindowStats;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.ThreadStarts;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Tests what a program sees of a session with a budget, which limits the profiler's overhead: the
 * profiler reports what it does to stay within the budget, and says when that is not enough.
 */
final class BudgetTest {

  private static final long SECOND_NANOS = 1_000_000_000;

  private final FakeSampler sampler = new FakeSampler();
  private final Profiler profiler = new Profiler(sampler);
  private final AtomicLong cpu = new AtomicLong();

  @AfterEach
  void close() {
    profiler.close();
  }

  /** Each reading of the thread's clock advances it by this much. */
  private void ownWork(long nanos) {
    sampler.threadCpuNanos = () -> cpu.addAndGet(nanos);
  }

  private WindowStats newestWindow() {
    List<WindowStats> windows = profiler.windows();
    return windows.get(windows.size() - 1);
  }

  /** At the slowest pace, a pass by itself comes only every 1.6 s. */
  private boolean newestWindowsAreASecond(int count) {
    List<WindowStats> windows = profiler.windows();
    return windows.subList(windows.size() - 1 - count, windows.size() - 1).stream()
        .allMatch(window -> window.toMillis() - window.fromMillis() < 1300);
  }

  @Test
  void shouldLeaveTheIntervalAloneWithoutABudget() throws Exception {
    ownWork(10_000_000);
    profiler.start(ProfilerConfig.DEFAULT);
    WaitFor.condition(() -> sampler.secondsPassed.get() > 2, "a second");

    assertEquals(List.of(), sampler.intervals);
    assertEquals(List.of(), sampler.rests);
    assertEquals("", profiler.lastError());
  }

  @Test
  void shouldLengthenTheIntervalReportItAndSayWhenThatIsNotEnough() throws Exception {
    ownWork(10_000_000);
    sampler.onSweep =
        () -> {
          for (int i = 0; i < 10; i++) {
            sampler.signal(1, 100 * SECOND_NANOS, 7);
          }
        };
    profiler.start(ProfilerConfig.parse("budget=1.5,mode=continuous,window=1s"));
    WaitFor.condition(
        () -> profiler.stats().setup().intervalNanos() == SECOND_NANOS, "longest interval");
    WaitFor.condition(
        () -> profiler.lastError().startsWith("budget=1.5 cannot be kept: the profiler's own"),
        "problem");

    assertTrue(sampler.intervals.contains(SECOND_NANOS), sampler.intervals::toString);
    WaitFor.condition(() -> newestWindowsAreASecond(3), "windows of a second");
    WaitFor.condition(
        () -> newestWindow().shortestIntervalNanos() == SECOND_NANOS, "a window with one interval");
    assertEquals(SECOND_NANOS, newestWindow().longestIntervalNanos());
    assertEquals(10_000_000, profiler.windows().get(0).shortestIntervalNanos());
    Profile profile = profiler.profile();
    assertEquals(10_000_000, profile.info().intervalNanos());
    assertEquals(SECOND_NANOS, profile.info().longestIntervalNanos());
    StringBuilder report = new StringBuilder();
    TextReport.write(profile, report);
    assertTrue(report.indexOf("interval    10 ms to 1.00 s") > 0, report::toString);
    WaitFor.condition(() -> sampler.rests.size() >= 3, "threads that rest in turn");
    assertEquals("2/0", sampler.rests.get(0));
    for (int turn = 1; turn < 3; turn++) {
      assertTrue(sampler.rests.get(turn).endsWith("/" + turn), sampler.rests::toString);
    }
    profiler.stop();
    assertEquals(SECOND_NANOS, profiler.stats().setup().intervalNanos());
  }

  /**
   * The cost of thread starts and ends is reported. If it is too high, the profiler does less for
   * them, step by step.
   */
  @Test
  void shouldReportTheCostOfThreadStartsAndEndsAndDoLessForThem() throws Exception {
    sampler.onSweep =
        () -> {
          sampler.hooks.addAndGet(80_000);
          sampler.timedHookNanos.addAndGet(20_000_000); // 160 ms of each 200 ms
        };
    profiler.start(ProfilerConfig.parse("budget=1.5"));
    WaitFor.condition(
        () -> sampler.threadStarts.equals(List.of(ThreadStarts.LATE, ThreadStarts.UNHEARD)),
        "late timers, then none");
    WaitFor.condition(
        () -> profiler.lastError().startsWith("budget=1.5 cannot be kept: starting and ending"),
        "problem");
    profiler.stop();

    assertEquals(8 * sampler.timedHookNanos.get(), profiler.stats().counters().overheadCpuNanos());
    assertTrue(profiler.stats().session().measuredOverheadPercent() > 1.5);
  }

  @Test
  void shouldReportThatThreadsStartTooOftenForEvents() throws Exception {
    sampler.onSweep =
        () -> {
          boolean unheard = sampler.threadStarts.contains(ThreadStarts.UNHEARD);
          sampler.hooks.addAndGet(1000);
          sampler.timedHookNanos.addAndGet(unheard ? 10 : 1_000_000); // 8 ms of each 200 ms
        };
    profiler.start(ProfilerConfig.parse("budget=1.5"));
    WaitFor.condition(
        () -> profiler.lastError().startsWith("budget=1.5: threads start too often"), "problem");
    profiler.stop();
  }

  @Test
  void shouldWakeItsThreadLessOftenWhereThatIsMuchOfTheBudget() throws Exception {
    ownWork(10_000_000);
    sampler.onCountersAsked = this::countPass;
    profiler.start(ProfilerConfig.parse("budget=1.5"));
    // Two passes, and the requests made once a second. At the initial pace, a second has ten
    // passes.
    WaitFor.condition(() -> asked > 0 && asked <= 4, "a slower pace");
    profiler.stop();
  }

  private volatile int asked; // in the collector's last second
  private int asking;
  private int second;

  /** Every pass asks for the counters, on the collector's thread; the test does not meanwhile. */
  private void countPass() {
    int now = sampler.secondsPassed.get();
    if (now != second) {
      asked = second == 0 ? 0 : asking; // none before the start
      second = now;
      asking = 0;
    }
    asking++;
    sampler.signal(1, 1, 7); // something to do for the next pass
  }

  @Test
  void shouldSayWhenTheTimerIsSomebodyElses() throws Exception {
    sampler.intervalCanChange = false;
    ownWork(10_000_000);
    profiler.start(ProfilerConfig.parse("budget=1.5"));
    WaitFor.condition(() -> profiler.lastError().contains("ITIMER_PROF"), "problem");

    assertEquals(10_000_000, profiler.stats().setup().intervalNanos(), "in force");
  }
}
