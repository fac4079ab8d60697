package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.it.load.Split7030;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks that the profile of a program shows a ratio of 70 : 30 if the program spends its CPU time
 * in two methods at this ratio.
 */
class SplitIT {

  private static final long RUN_NANOS = 12_000_000_000L;
  private static final long PART_NANOS = 2_000_000_000L;
  private static final double SHARE = 0.7;
  private static final double MEAN_TURN_NANOS = 12_000_000;
  private static final int SIGMAS = 5;
  private static final int THREADS = 2;

  @ParameterizedTest
  // With one timer for the process, chance decides which running thread a signal hits.
  @CsvSource({"inline, ctimer, 2", "dontinline, ctimer, 2", "dontinline, itimer, 5"})
  void shouldShowTwoMethodsInProportion(String compileCommand, String engine, int points)
      throws Exception {
    String command = "-XX:CompileCommand=" + compileCommand + ",io.spprof.it.load.Split7030";
    try (TargetJvm target =
            TargetJvm.of(Split7030.class, THREADS)
                .flags(
                    "-XX:CompileCommand=quiet",
                    command + "::hot*",
                    command + "$Seventy::work",
                    command + "$Thirty::work")
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      // Waits for the end of the warm-up, because interpreted code has another profile.
      Await.until("it is compiled", () -> used(target)[0] > 1_500_000_000L);
      bean.startWith("interval=1ms,engine=" + engine);
      // Read after the start, which uses seconds of CPU time in a software emulation.
      long[] before = used(target);
      long run = 0;
      while (run < RUN_NANOS || run < cpuNeeded(engine, meanSample(bean), points)) {
        long part = run + PART_NANOS;
        Await.until("the methods use CPU time", () -> both(used(target), before) > part);
        run = both(used(target), before);
      }
      bean.stop();
      long[] after = used(target);

      double seventy = after[0] - before[0];
      double both = seventy + after[1] - before[1];
      double truth = 100 * seventy / both;
      // Each thread can begin and end in the middle of a turn. A virtual machine that is preempted
      // makes turns of hundreds of milliseconds: the time is CPU time inside.
      double turns = 100 * THREADS * after[2] / both;
      double most = Math.max(1, turns);
      assertEquals(100 * SHARE, truth, most, () -> "the workload; turns: " + turns + " %");

      Collapsed profile = bean.cpuNanos();
      long hotSeventy = profile.with("Split7030.hotSeventy");
      long hotThirty = profile.with("Split7030.hotThirty");
      double seen = 100.0 * hotSeventy / (hotSeventy + hotThirty);
      String message =
          String.format(
              "%d : %d ns, truth %.2f %%, %d samples",
              hotSeventy, hotThirty, truth, bean.number("CollectedSamples"));
      assertEquals(truth, seen, points, message);
      // These threads run nearly nothing but the two methods, so most samples must name one of
      // them. In between they read a clock, which takes an eighth of the time in a software
      // emulation.
      long clock = Machine.given() == null ? 0 : profile.with("Spin.cpuNanos");
      long all = profile.count(stack -> stack.frames().get(0).startsWith("split-"));
      assertEquals(
          100,
          100.0 * (hotSeventy + hotThirty + clock) / all,
          5,
          () -> message + " of " + all + "; others: " + others(profile));
    }
  }

  /**
   * The CPU time for which the tolerance is {@link #SIGMAS} standard deviations, ns. With a timer
   * for each thread, a stretch between two changes of the method is off by less than one sample,
   * with a variance of 1/6 on average. There are no more such stretches than turns of the rarer
   * method. With one timer for the process, chance decides about each sample.
   *
   * @param sample the CPU time of a mean sample, ns; it depends on the kernel's tick
   */
  private static double cpuNeeded(String engine, double sample, int points) {
    double varianceOfANano =
        engine.equals("itimer")
            ? SHARE * (1 - SHARE) * sample
            : sample * sample / 6 * (1 - SHARE) / MEAN_TURN_NANOS;
    double sigma = points / 100.0 / SIGMAS;
    return varianceOfANano / (sigma * sigma);
  }

  private static double meanSample(BeanClient bean) throws Exception {
    Map<String, Object> both = bean.several("SampledCpuTimeNanos", "CollectedSamples");
    return 1.0 * (Long) both.get("SampledCpuTimeNanos") / (Long) both.get("CollectedSamples");
  }

  /** The CPU time of both methods since a reading, ns. */
  private static long both(long[] used, long[] before) {
    return used[0] + used[1] - before[0] - before[1];
  }

  private static String others(Collapsed profile) {
    return profile.stacks().stream()
        .filter(stack -> stack.frames().get(0).startsWith("split-"))
        .filter(stack -> !stack.has(frame -> frame.contains("Split7030.hot")))
        .sorted(Comparator.comparingLong(Collapsed.Stack::count).reversed())
        .limit(5)
        .map(stack -> stack.count() + " " + String.join(";", stack.frames()))
        .collect(Collectors.joining(", "));
  }

  private static long[] used(TargetJvm target) throws Exception {
    return Stream.of(target.ask("truth").split(" ")).mapToLong(Long::parseLong).toArray();
  }
}
