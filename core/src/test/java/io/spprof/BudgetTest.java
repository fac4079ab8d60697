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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
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
    sampler.signalCostNanos = 1_000_000;
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
    assertTrue(report.indexOf("every 10 ms to 1.00 s") > 0, report::toString);
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

  /**
   * What the thread does for the first time costs much, because it links its classes. Here it costs
   * as much as the budget allows in 800 seconds.
   */
  @Test
  void shouldShowWhatComesOnceButTakeItForNoSteadyCost() throws Exception {
    long once = 300_000_000;
    Set<String> done = ConcurrentHashMap.newKeySet();
    Consumer<String> task =
        name -> {
          if (done.add(name)) {
            cpu.addAndGet(once);
          }
        };
    sampler.threadCpuNanos = cpu::get;
    sampler.onCostMeasured =
        () -> {
          task.accept("start");
          return 100_000;
        };
    sampler.onNamesRead = () -> task.accept(done.contains("sweep") ? "samples" : "empty pass");
    sampler.onSweep =
        () -> {
          task.accept("sweep");
          sampler.signal(1, SECOND_NANOS / 5, 7);
        };
    profiler.start(ProfilerConfig.parse("budget=0.15"));
    WaitFor.condition(() -> sampler.secondsPassed.get() >= 9, "some seconds");
    long interval = profiler.stats().setup().intervalNanos();
    String problem = profiler.lastError();
    profiler.stop();

    assertEquals("", problem);
    assertEquals(List.of(), sampler.rests);
    assertTrue(interval < SECOND_NANOS, interval + " ns");
    assertEquals(Set.of("start", "samples", "empty pass", "sweep"), done);
    long overhead = profiler.stats().counters().overheadCpuNanos();
    assertTrue(overhead >= 4 * once && overhead < 4 * once + 100_000_000, overhead + " ns");
  }

  /**
   * Looking up the names of native functions costs more than the budget for some seconds: 10 ms a
   * sweep.
   */
  @Test
  void shouldTakeNamesOfNativeFunctionsForNoSteadyCost() throws Exception {
    AtomicLong clockReadings = new AtomicLong();
    sampler.threadCpuNanos =
        () -> {
          boolean endsLookUp = isInLookUp() && clockReadings.incrementAndGet() % 2 == 0;
          return cpu.addAndGet(endsLookUp ? 20_000 : 0);
        };
    AtomicLong base = new AtomicLong();
    sampler.onSweep =
        () -> {
          for (int i = 0; i < 500; i++) {
            sampler.ring().library(1, "/none", base.incrementAndGet());
            sampler.ring().function(1, 1, 16);
          }
          sampler.signal(1, SECOND_NANOS / 5, 7);
        };
    profiler.start(ProfilerConfig.parse("budget=0.15"));
    WaitFor.condition(() -> sampler.secondsPassed.get() >= 9, "some seconds");
    String problem = profiler.lastError();
    profiler.stop();

    long names = cpu.get();
    long overhead = profiler.stats().counters().overheadCpuNanos();
    assertTrue(names > 9 * 1_500_000L, names + " ns cost less than the budget");
    assertEquals(names, overhead);
    assertEquals("", problem);
    assertEquals(List.of(), sampler.rests);
    assertEquals(List.of(), sampler.intervals);
  }

  private static boolean isInLookUp() {
    return StackWalker.getInstance()
        .walk(frames -> frames.anyMatch(frame -> frame.getClassName().endsWith(".FunctionNames")));
  }

  /** The figures are an object of many parts, and their computation reads two blocks of memory. */
  @Test
  void shouldComputeTheFiguresOnceAPass() throws Exception {
    AtomicInteger reads = new AtomicInteger(); // of the counters, since the last pass began
    AtomicInteger most = new AtomicInteger();
    AtomicInteger passes = new AtomicInteger();
    Thread main = Thread.currentThread();
    sampler.onCountersAsked = () -> reads.addAndGet(Thread.currentThread() == main ? 0 : 1);
    sampler.onSweep = reads::decrementAndGet; // reads the counters, too
    sampler.onNamesRead =
        () -> {
          int inLastPass = reads.getAndSet(0);
          if (passes.getAndIncrement() > 0) {
            most.accumulateAndGet(inLastPass, Math::max);
          }
        };
    profiler.start(ProfilerConfig.parse("budget=1.5"));
    WaitFor.condition(
        () -> sampler.secondsPassed.get() >= 5 && passes.get() > 5, "some seconds and passes");
    int found = most.get();
    profiler.stop();

    assertEquals(1, found);
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
