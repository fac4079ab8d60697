package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import io.spprof.export.CollapsedDifference;
import io.spprof.export.CollapsedExporter;
import io.spprof.export.FlameGraphExporter;
import io.spprof.export.TextReport;
import io.spprof.profile.Profile;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.Engine;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.KernelTimes;
import io.spprof.sampler.RingWriter;
import io.spprof.sampler.SamplerConfig;
import io.spprof.sampler.Walker;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that a continuous session stays within its memory for seven days, and that the counts of
 * samples and of CPU time agree all the time. The test runs the collector (the profiler's thread,
 * not the garbage collector), a ring, and a simulated load whose methods, locations and threads
 * change ({@link ChurningJvm}), all in compressed time. In an ordinary build, each of the seven
 * days is only half an hour of simulated time. {@code ./mvnw -q -Psoak -Dsoak=week verify} runs
 * whole days, and limits queries to a second, a limit that a busy machine could break in an
 * ordinary build.
 */
@Tag("week")
final class WeekTest {

  private static final int DAYS = 7;
  private static final int WINDOWS_A_DAY =
      Integer.getInteger("spprof.week.day", 250_000) / ChurningJvm.SAMPLES_A_WINDOW;
  private static final boolean WHOLE = WINDOWS_A_DAY > 8000;

  /** Objects and hash tables for which the budget has only estimates. */
  private static final long BESIDE_BUDGET_BYTES = 1 << 20;

  private static final long GROWTH_BYTES = 512 << 10;
  private static final long KEPT_NANOS = 600_000_000_000L;
  private static final double MOST_OTHERS = 0.01; // of all samples
  private static final long QUERY_NANOS = 1_000_000_000L;

  /**
   * The budget has room for ten minutes. It has no room for an hour, the default, with so many
   * stacks.
   */
  @ParameterizedTest
  @ValueSource(strings = {"retention=10m", "retention=1h"})
  void shouldKeepWithinItsMemoryForAWeek(String options) throws IOException {
    new Week(ProfilerConfig.parse("mode=continuous," + options)).pass();
  }

  /** One session. */
  private static final class Week {
    private final ProfilerConfig config;
    private final FakeSampler sampler = new FakeSampler();
    private final SamplerConfig half;
    private final MemoryBudget budget;
    private final long heapBefore;
    private final RingWriter ring;
    private final ChurningJvm jvm;
    private final Collector collector;
    private final long[] collectedUpTo = new long[DAYS * WINDOWS_A_DAY + 1];
    private final long[] beside = new long[DAYS + 1]; // bytes outside of the budget
    private long written;
    private long bufferFull;
    private int windows;

    Week(ProfilerConfig config) {
      this.config = config;
      // The same division of memory as in a session.
      half =
          new SamplerConfig(
              Engine.AUTO.inUse(),
              Walker.VM,
              config.nativeFrames(),
              config.intervalNanos(),
              config.depth(),
              config.memoryBytes() / 2);
      budget = new MemoryBudget(config.memoryBytes() - half.usedBytes());
      ring = new RingWriter((int) half.ringBytes());
      jvm = new ChurningJvm(ring, half, 4);
      heapBefore = usedHeap();
      collector = new Collector(ring.reader(), sampler, config.depth(), budget, 0, 0);
    }

    void pass() throws IOException {
      System.out.printf("a week, %s, %,d windows a day%n", config.toOptions(), WINDOWS_A_DAY);
      for (int day = 1; day <= DAYS; day++) {
        long start = System.nanoTime();
        for (int i = 0; i < WINDOWS_A_DAY; i++) {
          window();
        }
        long heap = usedHeap() - heapBefore;
        beside[day] = heap - budget.used();
        if (WHOLE || day == DAYS) {
          printDay(day, System.nanoTime() - start, heap);
        }
        assertTrue(heap <= budget.limit() + BESIDE_BUDGET_BYTES, heap + " bytes of heap");
        addsUp();
        staysUseful();
      }
      assertTrue(
          beside[DAYS] <= beside[2] + GROWTH_BYTES,
          "what is held beside the budget grew from " + beside[2] + " to " + beside[DAYS]);
      queries();
    }

    private void window() {
      for (int i = 1; i <= ChurningJvm.SAMPLES_A_WINDOW; i++) {
        long into = ChurningJvm.WINDOW_NANOS * i / (ChurningJvm.SAMPLES_A_WINDOW + 1);
        if (jvm.sample(now() + into)) {
          written++;
        } else {
          bufferFull++;
        }
        if (i % 100 == 0) {
          collector.doWork();
        }
      }
      collector.doWork();
      if (windows % 6 == 0 && collector.walkerIsFull(half.methods(), half.locations())) {
        jvm.forgetDefinitions(); // at most once a minute, as in the session
      }
      jvm.windowPassed();
      windows++;
      collectedUpTo[windows] = collector.stats().collected();
      collector.roll(now(), figures(), TimeUnit.SECONDS.toNanos(config.retentionSeconds()));
      if (budget.used() > budget.limit()) {
        throw new AssertionError(
            "window " + windows + ": " + budget.used() + " of " + budget.limit());
      }
    }

    private long now() {
      return windows * ChurningJvm.WINDOW_NANOS;
    }

    private Drops dropped() {
      CollectorStats stats = collector.stats();
      return stats.dropped().plus(DropReason.BUFFER_FULL, bufferFull);
    }

    private WindowFigures figures() {
      return new WindowFigures(
          written + bufferFull,
          dropped(),
          0,
          collector.stats().droppedCpuNanos(),
          0,
          0,
          KernelTimes.NONE,
          config.intervalNanos(),
          config.intervalNanos());
    }

    private Profile profile(long from, long to) {
      return Snapshots.of(collector.slice(from, to, now() + 1, figures()));
    }

    private Profile last(long seconds) {
      return profile(now() - TimeUnit.SECONDS.toNanos(seconds), Long.MAX_VALUE);
    }

    /** Checks to the sample that the written samples are the kept ones, and that windows add up. */
    private void addsUp() {
      CollectorStats stats = collector.stats();
      assertEquals(written, stats.collected() + stats.dropped().total(), "written");
      assertEquals(0, stats.dropped().of(DropReason.COLLECTOR_ERROR));
      assertEquals(
          written * ChurningJvm.SAMPLE_CPU_NANOS,
          stats.sampledCpuNanos() + stats.droppedCpuNanos());

      Profile all = profile(Long.MIN_VALUE, Long.MAX_VALUE);
      int since = (int) (collector.extent().sinceNanos() / ChurningJvm.WINDOW_NANOS);
      assertEquals(stats.collected() - collectedUpTo[since], all.totalSamples(), "kept");
      assertEquals(
          all.totalSamples() + all.info().dropped().total(), all.info().unwalkable(), "signals");
      long samples = 0;
      long cpuNanos = 0;
      for (Slice.Stretch stretch : collector.stretches(now() + 1, figures())) {
        samples += stretch.samples();
        cpuNanos += stretch.cpuNanos();
      }
      assertEquals(samples, all.totalSamples(), "windows and the whole");
      assertEquals(cpuNanos, all.totalCpuNanos(), "windows and the whole");
      assertEquals(samples, all.times().count() + all.times().forgotten(), "times");
    }

    /** There is room for ten minutes, with the names of all their methods and threads. */
    private void staysUseful() {
      long keptNanos = now() - collector.extent().sinceNanos();
      assertTrue(keptNanos >= KEPT_NANOS, "kept: " + keptNanos + " ns");
      Others others = Others.of(last(600));
      assertTrue(
          Math.max(others.withMethod, others.ofThread) <= MOST_OTHERS * others.samples,
          others.toString());
    }

    private void printDay(int day, long nanos, long heap) {
      Profile hour = last(3600);
      Extent extent = collector.extent();
      System.out.printf(
          "day %d, in %.0f s: %,d samples, %,d without room; heap %.1f MiB, budget %.1f of %.1f;"
              + " kept %.1f h in %d windows; the last hour: %s;"
              + " names of %,d methods and %,d threads, %,d frames; written %s%n",
          day,
          nanos / 1e9,
          written,
          collector.stats().dropped().of(DropReason.STACK_TABLE_FULL),
          mib(heap),
          mib(budget.used()),
          mib(budget.limit()),
          (now() - extent.sinceNanos()) / 3600e9,
          extent.windows(),
          Others.of(hour),
          hour.methods().size(),
          hour.threads().size(),
          hour.frameCount(),
          jvm.written());
    }

    private static double mib(long bytes) {
      return bytes / (double) (1 << 20);
    }

    @FunctionalInterface
    private interface Query {
      void run(Appendable out) throws IOException;
    }

    private void queries() throws IOException {
      List<String> slow = new ArrayList<>();
      query("all, collapsed", slow, out -> CollapsedExporter.write(all(), 0, out));
      query("all, flame graph", slow, out -> FlameGraphExporter.write(all(), out));
      query("all, report", slow, out -> TextReport.write(all(), out));
      query("last=10m, collapsed", slow, out -> CollapsedExporter.write(last(600), 0, out));
      query("last=10m, flame graph", slow, out -> FlameGraphExporter.write(last(600), out));
      query("last=10m, report", slow, out -> TextReport.write(last(600), out));
      long since = Math.max(collector.extent().sinceNanos(), now() - 1_200_000_000_000L);
      long middle = (since + now()) / 2;
      query(
          "difference of ten minutes and the ten before, or of what is kept of them",
          slow,
          out ->
              CollapsedDifference.write(
                  profile(since, middle), profile(middle, Long.MAX_VALUE), out));
      query("windows", slow, out -> collector.stretches(now() + 1, figures()));
      if (WHOLE) {
        assertEquals(List.of(), slow, "queries of more than a second");
      }
    }

    private Profile all() {
      return profile(Long.MIN_VALUE, Long.MAX_VALUE);
    }

    /**
     * The bound is on the CPU time of the thread. Other work on the machine does not count as the
     * query's.
     */
    private static void query(String what, List<String> slow, Query query) throws IOException {
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      long least = Long.MAX_VALUE;
      for (int i = 0; i < (WHOLE ? 3 : 1); i++) {
        Counter out = new Counter();
        long start = System.nanoTime();
        long cpuStart = threads.getCurrentThreadCpuTime();
        query.run(out);
        long cpuNanos = threads.getCurrentThreadCpuTime() - cpuStart;
        long nanos = System.nanoTime() - start;
        least = Math.min(least, cpuNanos);
        System.out.printf(
            "%s: %,d characters in %.0f ms, %.0f ms of CPU time%n",
            what, out.characters, nanos / 1e6, cpuNanos / 1e6);
      }
      if (least > QUERY_NANOS) {
        slow.add(what + ": " + least + " ns");
      }
    }

    /**
     * Bytes of live objects. Rounding by the garbage collector is not the profiler's use (G1 gives
     * each big array whole regions).
     */
    private static long usedHeap() {
      try {
        String histogram =
            (String)
                ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {new String[0]},
                        new String[] {String[].class.getName()});
        String total = histogram.substring(histogram.lastIndexOf("Total")).trim();
        return Long.parseLong(total.split(" +")[2]);
      } catch (JMException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Counts characters and discards them, like the reader of a stream. */
  private static final class Counter implements Appendable {
    private long characters;

    @Override
    public Appendable append(CharSequence text) {
      characters += text.length();
      return this;
    }

    @Override
    public Appendable append(CharSequence text, int start, int end) {
      characters += end - start;
      return this;
    }

    @Override
    public Appendable append(char character) {
      characters++;
      return this;
    }
  }

  /** The samples and frames that were filed under a common name for lack of room. */
  private record Others(
      long samples, long withMethod, long ofThread, long frames, long otherFrames) {

    static Others of(Profile profile) {
      long with = 0;
      long ofThread = 0;
      long frames = 0;
      long otherFrames = 0;
      for (int row = 0; row < profile.rowCount(); row++) {
        long samples = profile.samples(row);
        int stack = profile.stack(row);
        int others = 0;
        for (int i = 0; i < profile.depth(stack); i++) {
          others += profile.frameName(profile.frame(stack, i)).equals(MethodTable.OTHERS) ? 1 : 0;
        }
        with += others > 0 ? samples : 0;
        ofThread +=
            profile.threads().get(profile.thread(row)).name().equals(ThreadTable.OTHERS)
                ? samples
                : 0;
        frames += samples * profile.depth(stack);
        otherFrames += samples * others;
      }
      return new Others(profile.totalSamples(), with, ofThread, frames, otherFrames);
    }

    @Override
    public String toString() {
      return String.format(
          "%s in %.1f %% of the samples and %.1f %% of the frames, %s in %.1f %%",
          MethodTable.OTHERS,
          100.0 * withMethod / samples,
          100.0 * otherFrames / frames,
          ThreadTable.OTHERS,
          100.0 * ofThread / samples);
    }
  }
}
