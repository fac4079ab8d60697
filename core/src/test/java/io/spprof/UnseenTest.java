package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import io.spprof.export.TextReport;
import io.spprof.profile.Profile;
import io.spprof.profile.TimeRange;
import io.spprof.profile.WindowStats;
import io.spprof.sampler.FakeSampler;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Tests CPU time for which no signal was sent ("unseen" CPU time). It must be part of every figure,
 * and be reported, and its growth must trigger a search for new threads.
 */
class UnseenTest {

  private static final long MS = 1_000_000;

  private final FakeSampler sampler = new FakeSampler();
  private final Profiler profiler = new Profiler(sampler, InstantSource.system());

  @AfterEach
  void end() {
    if (profiler.state() == ProfilerState.RUNNING) {
      profiler.stop();
    }
  }

  @Test
  void shouldCountItAsDroppedCpuTimeWhileItHappensAndOn() throws Exception {
    sampler.unseenNanos = 1000 * MS; // left over from an earlier session in this process
    profiler.start(ProfilerConfig.DEFAULT);
    assertEquals(0, profiler.stats().counters().unseenCpuNanos());
    sampler.unseenNanos += 40 * MS;
    assertEquals(40 * MS, profiler.stats().counters().unseenCpuNanos());
    assertEquals(40 * MS, profiler.stats().counters().droppedCpuNanos());
    assertEquals(0, profiler.stats().counters().dropped().total());
    assertEquals(
        profiler.stats().counters().signals(), profiler.stats().counters().collectedSamples());
    profiler.stop();
    StringBuilder report = new StringBuilder();
    TextReport.write(profiler.profile(), report);
    assertTrue(report.indexOf("40 ms  unseenThreads") > 0, report::toString);

    profiler.start(ProfilerConfig.DEFAULT);
    sampler.unseenNanos += 2 * MS;
    profiler.stop();
    assertEquals(42 * MS, profiler.stats().counters().unseenCpuNanos());
    assertEquals(42 * MS, profiler.stats().counters().droppedCpuNanos());
  }

  @Test
  void shouldCountItInTheWindowInWhichItIsFound() {
    profiler.start(ProfilerConfig.parse("mode=continuous,window=1s"));
    sampler.unseenNanos = 50 * MS;
    WaitFor.condition(() -> profiler.windows().size() > 2, "two windows");
    Profile all = profiler.profile();
    assertEquals(50 * MS, all.info().unseenCpuNanos());
    assertEquals(50 * MS, all.info().droppedCpuNanos());
    WindowStats last = profiler.windows().get(profiler.windows().size() - 1);
    Profile later = profiler.profile(TimeRange.parse("from=" + last.fromMillis(), last.toMillis()));
    assertEquals(0, later.info().unseenCpuNanos());
  }

  @Test
  void shouldSayWhatShareOfTheCpuTimeIsUnseen() {
    sampler.onSweep = () -> sampler.unseenNanos += 30 * MS;
    profiler.start(ProfilerConfig.DEFAULT);
    sampler.signal(1, 10 * MS, 7);
    WaitFor.condition(
        () -> profiler.lastError().contains("% of the CPU time of the last seconds"), "a word");
    assertTrue(profiler.lastError().contains("UnseenCpuTimeNanos"), profiler.lastError());
    sampler.onSweep = () -> sampler.signal(1, 100 * MS, 7);
    WaitFor.condition(() -> profiler.lastError().isEmpty(), "no word");
  }

  @Test
  void shouldSearchForThreadsBetweenSweepsWhileItGrows() {
    AtomicInteger searches = new AtomicInteger();
    AtomicInteger sweeps = new AtomicInteger();
    sampler.onSearch = searches::incrementAndGet;
    sampler.onSweep = sweeps::incrementAndGet;
    profiler.start(ProfilerConfig.DEFAULT);
    WaitFor.condition(() -> sweeps.get() > 1, "the first sweep, up to which it searches");
    int first = searches.get();
    assertTrue(first > 0);
    WaitFor.condition(() -> sweeps.get() > 4, "sweeps");
    assertEquals(first, searches.get());
    sampler.onSweep =
        () -> {
          sweeps.incrementAndGet();
          sampler.unseenNanos += 30 * MS;
        };
    WaitFor.condition(() -> searches.get() > first + 20, "searches");
    int at = sweeps.get();
    WaitFor.condition(() -> sweeps.get() > at, "sweeps go on beside them");
    sampler.onSweep = sweeps::incrementAndGet;
    WaitFor.condition(
        () -> {
          int before = searches.get();
          int sweep = sweeps.get();
          WaitFor.condition(() -> sweeps.get() > sweep + 1, "a sweep");
          return searches.get() == before;
        },
        "an end of the searches");
  }
}
