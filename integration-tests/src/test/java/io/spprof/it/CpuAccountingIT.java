package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import io.spprof.it.load.BusyVirtual;
import io.spprof.it.load.GcAndJit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.management.JMException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that the sum of the CPU time of all samples equals the CPU time that the process used.
 *
 * <p>How long a run takes: with a random first expiry, the number of a thread's expiries is off by
 * less than one, with a variance of at most 1/4 and of 1/6 on average. So the sum over n threads
 * has a standard deviation of interval × √(n/6). A run uses so much CPU time that four standard
 * deviations are within the tolerance. Where the kernel's tick is longer than the interval, the
 * tick takes the interval's place in this formula.
 *
 * <p>The load is idle while the session starts and stops. CPU time that is used during start and
 * stop may be sampled or not, and with sixty busy threads on a busy machine both can take seconds.
 * What they use is measured. A run uses {@link #STARTS} times what its start used, so that start
 * and stop together are far less than a tenth of it.
 */
class CpuAccountingIT {

  private static final long TICK_NANOS = 10_000_000;
  private static final long LEAST_CPU_NANOS = 3_000_000_000L;
  private static final long STARTS = 40;

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 60})
  void shouldAccountForTheCpuTimeOfBusyThreads(int wanted) throws Exception {
    int threads = Math.min(wanted, TargetJvm.many());
    try (TargetJvm target = TargetJvm.of(Busy.class, threads, 10).start();
        BeanClient bean = BeanClient.connect(target)) {
      warmUp(bean);
      for (long intervalMillis : new long[] {1, 10, 100}) {
        double tolerance = intervalMillis == 100 ? 0.05 : 0.02;
        Run run =
            run(
                target,
                bean,
                "interval=" + intervalMillis + "ms",
                cpuNeeded(threads, intervalMillis, tolerance));
        run.record("busy threads " + threads, intervalMillis);
        run.assertWithin(tolerance);
      }
    }
  }

  /**
   * It is unknown how much of the CPU time used during start and stop is sampled, so the bounds are
   * wide.
   */
  @Test
  void shouldAccountForTheCpuTimeWhereStartAndStopAreBusy() throws Exception {
    int threads = TargetJvm.many();
    try (TargetJvm target = TargetJvm.of(Busy.class, threads, 10).start();
        BeanClient bean = BeanClient.connect(target)) {
      warmUp(bean);
      Run run = run(target, bean, "interval=1ms", cpuNeeded(threads, 1, 0.02), false);
      run.record("busy threads " + threads + ", start and stop too", 1);
      run.assertBetween(0.02);
    }
  }

  /**
   * One timer for the process: the CPU time that a signal stands for is read from the process's
   * clock. So nothing depends on chance except the CPU time that is used during start and stop.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 60})
  void shouldAccountForTheCpuTimeWithATimerForTheProcess(int wanted) throws Exception {
    int threads = Math.min(wanted, TargetJvm.many());
    try (TargetJvm target = TargetJvm.of(Busy.class, threads, 10).start();
        BeanClient bean = BeanClient.connect(target)) {
      warmUp(bean);
      for (int intervalMillis : new int[] {1, 10}) {
        Run run =
            run(target, bean, "interval=" + intervalMillis + "ms,engine=itimer", LEAST_CPU_NANOS);
        assertEquals("itimer", bean.text("Engine"));
        run.record("busy threads, itimer " + threads, intervalMillis);
        run.assertWithin(0.01);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseParallelGC"})
  void shouldAccountForTheCpuTimeOfTheCollectorAndTheCompiler(String collector) throws Exception {
    try (TargetJvm target =
            TargetJvm.of(GcAndJit.class).flags(collector, "-Xmx256m", "-Xmn64m").start();
        BeanClient bean = BeanClient.connect(target)) {
      warmUp(bean);
      Run run = run(target, bean, "interval=1ms", 2 * LEAST_CPU_NANOS);
      run.record("GC and JIT " + collector, 1);
      run.assertWithin(0.02);

      // Read as a stream: this load leaves no room for a text on the heap.
      Collapsed profile = bean.cpuNanos();
      long gc = underThread(profile, "GC Thread", "G1 ", "ParGC Thread");
      long jit = underThread(profile, "C1 Compiler", "C2 Compiler");
      double share = 100.0 / profile.total();
      assertTrue(gc * share > 2, "GC threads have " + gc * share + " %: " + threads(profile));
      assertTrue(jit * share > 2, "JIT threads have " + jit * share + " %: " + threads(profile));
    }
  }

  @Test
  void shouldAccountForTheCpuTimeOfVirtualThreads() throws Exception {
    TargetJvm.requireFeature(21, "virtual threads");
    try (TargetJvm target = TargetJvm.of(BusyVirtual.class, 50).start();
        BeanClient bean = BeanClient.connect(target)) {
      warmUp(bean);
      Run run = run(target, bean, "interval=1ms", LEAST_CPU_NANOS);
      run.record("virtual threads 50", 1);
      run.assertWithin(0.02);
    }
  }

  @Test
  void shouldSampleNothingOfAnIdleProcess() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 0, 0).start();
        BeanClient bean = BeanClient.connect(target)) {
      warmUp(bean);
      rest(target);
      Run run = run(target, bean, "interval=10ms", 0, false);
      // Some twenty threads of the JVM and of this client; each of them may be off by one sample.
      assertTrue(run.accountedNanos - run.mostNanos < 40 * 10_000_000L, run.toString());
    }
  }

  /**
   * How much CPU time a run uses, ns.
   *
   * @param threads the number of busy threads
   * @param tolerance the relative tolerance of the sum
   */
  static long cpuNeeded(int threads, long intervalMillis, double tolerance) {
    double step = Math.max(intervalMillis * 1_000_000, TICK_NANOS / 2.0);
    double deviation = step * Math.sqrt((threads + 4) / 6.0);
    return Math.max(LEAST_CPU_NANOS, (long) (4 * deviation / tolerance));
  }

  /** Runs a first session, because it loads libraries, which must not be measured. */
  private static void warmUp(BeanClient bean) throws IOException, JMException {
    bean.start();
    bean.stop();
  }

  /** Runs a session. The load is idle while it starts and stops. */
  private static Run run(TargetJvm target, BeanClient bean, String options, long cpuNanos)
      throws Exception {
    rest(target);
    return run(target, bean, options, cpuNanos, true);
  }

  private static Run run(
      TargetJvm target, BeanClient bean, String options, long cpuNanos, boolean rests)
      throws Exception {
    Map<String, Object> first = figures(bean);
    long before = target.cpuNanos();
    bean.startWith(options);
    // CPU time of the profiler's thread between two readings counts as its own.
    long ownBegun = Proc.profilersThreadNanos(target.pid());
    long begun = target.cpuNanos();
    long needed = rests ? Math.max(cpuNanos, STARTS * (begun - before)) : cpuNanos;
    if (rests) {
      target.ask("busy");
    }
    Thread.sleep(500);
    Await.until(
        "the target uses " + needed / 1_000_000 + " ms of CPU time",
        () -> target.cpuNanos() - begun >= needed);
    if (rests) {
      rest(target);
    }
    int threadsFailed = (Integer) bean.get("ThreadsFailed");
    // The timer of a process cannot leave out the profiler's own thread.
    boolean isSampled = options.contains("engine=itimer");
    long ending = target.cpuNanos();
    long ownEnding = Proc.profilersThreadNanos(target.pid());
    bean.stop();
    long ended = target.cpuNanos();
    Map<String, Object> last = figures(bean);
    long sampled = grown("SampledCpuTimeNanos", first, last);
    long droppedCpu = grown("DroppedCpuTimeNanos", first, last);
    return new Run(
        sampled + droppedCpu,
        droppedCpu,
        ending - begun - (isSampled ? 0 : ownEnding - ownBegun),
        ended - before - (isSampled ? 0 : ownEnding), // the thread began with the session
        grown("DroppedSamples", first, last),
        grown("Signals", first, last),
        threadsFailed);
  }

  /**
   * Pauses the load, and waits until the JVM has finished its remaining work, mainly compilation.
   */
  private static void rest(TargetJvm target) throws Exception {
    target.ask("idle");
    Await.until(
        "the target is idle",
        () -> {
          long before = target.cpuNanos();
          Thread.sleep(100);
          return target.cpuNanos() - before < 10_000_000;
        });
  }

  private static Map<String, Object> figures(BeanClient bean) throws IOException, JMException {
    return bean.several("Signals", "SampledCpuTimeNanos", "DroppedCpuTimeNanos", "DroppedSamples");
  }

  private static long grown(String name, Map<String, Object> first, Map<String, Object> last) {
    return (Long) last.get(name) - (Long) first.get(name);
  }

  private static long underThread(Collapsed profile, String... names) {
    return profile.count(
        stack -> List.of(names).stream().anyMatch(name -> stack.frames().get(0).startsWith(name)));
  }

  private static List<String> threads(Collapsed profile) {
    return profile.stacks().stream().map(stack -> stack.frames().get(0)).distinct().toList();
  }

  /**
   * The CPU times of one session.
   *
   * @param accountedNanos CPU time of the samples and of the drops, from the bean
   * @param droppedCpuNanos the part of {@code accountedNanos} that belongs to drops
   * @param leastNanos CPU time of the process between the end of start and the beginning of stop,
   *     without that of the profiler's own thread, which is in no sample
   * @param mostNanos CPU time of the process between the beginning of start and the end of stop,
   *     without that of the profiler's own thread up to the stop
   * @param dropped number of dropped signals
   * @param signals number of all signals
   * @param threadsFailed threads without a timer
   */
  private record Run(
      long accountedNanos,
      long droppedCpuNanos,
      long leastNanos,
      long mostNanos,
      long dropped,
      long signals,
      int threadsFailed) {

    void assertWithin(double tolerance) {
      assertBetween(tolerance);
      assertTrue(
          mostNanos - leastNanos < 0.1 * leastNanos,
          () -> "the measured CPU time is too uncertain: " + this);
      // If no signal was dropped, the dropped CPU time is what was due when the session ended: for
      // each thread less than an interval and a tick.
      double most = Math.min(0.05, 2 * tolerance) * accountedNanos;
      assertTrue(dropped > 0 || droppedCpuNanos < most, () -> "not in the profile: " + this);
    }

    void assertBetween(double tolerance) {
      assertEquals(0, threadsFailed, toString());
      assertTrue(accountedNanos >= (1 - tolerance) * leastNanos, () -> "too little: " + this);
      assertTrue(accountedNanos <= (1 + tolerance) * mostNanos, () -> "too much: " + this);
    }

    /** Appends the error of each measurement to a file, to be read after the tests. */
    void record(String load, long intervalMillis) throws IOException {
      double used = (leastNanos + mostNanos) / 2.0;
      String row =
          String.format(
              Locale.ROOT,
              "JDK %d\t%s\t%d ms\tused %.0f..%.0f ms\taccounted %.0f ms (dropped %.0f)\t%+.2f %%\t%d signals%n",
              TargetJvm.defaultFeature(),
              load,
              intervalMillis,
              leastNanos / 1e6,
              mostNanos / 1e6,
              accountedNanos / 1e6,
              droppedCpuNanos / 1e6,
              100 * (accountedNanos / used - 1),
              signals);
      Path file = Path.of(System.getProperty("spprof.it.dir")).resolve("cpu-accounting.tsv");
      Files.writeString(file, row, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }
}
