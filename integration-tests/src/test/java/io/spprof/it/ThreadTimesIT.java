package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Calling;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks user and system time of threads in the report against the kernel's own figures. */
@Tag("system")
class ThreadTimesIT {

  private static final Set<String> THREADS = Set.of("reader", "computer");
  private static final double LEAST_SECONDS = 5;

  private static final Pattern LINE =
      Pattern.compile(
          "(?m)^ +[0-9.]+ +[0-9.]+ m?s +[0-9,]+ +([0-9.]+) (m?s) +([0-9.]+) (m?s)  (.*)$");

  @Test
  void shouldReportUserAndSystemTimeOfEachThread() throws Exception {
    try (TargetJvm target = TargetJvm.of(Calling.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.start(); // The first session loads libraries.
      bean.stop();
      double firstUser = bean.number("UserCpuTimeNanos") / 1e9;
      double firstSystem = bean.number("SystemCpuTimeNanos") / 1e9;
      Map<String, double[]> before = times(target);
      bean.startWith("interval=1ms");
      Map<String, double[]> begun = times(target);
      Await.until(
          "the threads use CPU time",
          () -> {
            Map<String, double[]> now = times(target);
            return THREADS.stream()
                .map(name -> grown(name, begun, now))
                .allMatch(times -> times[0] + times[1] > LEAST_SECONDS);
          });
      long own = Proc.profilersThreadNanos(target.pid());
      Map<String, double[]> ending = times(target);
      bean.stop();
      Map<String, double[]> ended = times(target);
      String report = bean.query("report");
      Set<String> seen = new HashSet<>();
      double user = 0;
      double system = 0;
      Matcher lines = LINE.matcher(report);
      while (lines.find()) {
        double[] times = {
          seconds(lines.group(1), lines.group(2)), seconds(lines.group(3), lines.group(4))
        };
        user += times[0];
        system += times[1];
        String name = lines.group(5);
        if (THREADS.contains(name)) {
          seen.add(name);
          assertTimes(grown(name, begun, ending), grown(name, before, ended), times, report);
        }
        if (name.equals("computer")) {
          assertTrue(times[1] < 0.1 * times[0], report);
        }
      }
      assertEquals(THREADS, seen, report);
      double processUser = bean.number("UserCpuTimeNanos") / 1e9 - firstUser;
      double processSystem = bean.number("SystemCpuTimeNanos") / 1e9 - firstSystem;
      Measured.print(
          "threads: %.2f + %.2f s; process: %.2f + %.2f s, of it the profiler %.2f s",
          user, system, processUser, processSystem, own / 1e9);
      // The profiler's own threads are missing. Threads that were never sampled have a line.
      assertEquals(processUser, user, 0.1 * processUser + 0.3, report);
      assertEquals(processSystem, system, 0.1 * processSystem + 0.3, report);
    }
  }

  private static double seconds(String number, String unit) {
    return Double.parseDouble(number) / (unit.equals("ms") ? 1000 : 1);
  }

  /** The user and system time of each of the threads by the kernel's account so far, s. */
  private static Map<String, double[]> times(TargetJvm target) throws IOException {
    Map<String, double[]> times = new HashMap<>();
    for (String name : THREADS) {
      long[] ticks = Proc.userAndSystemTicks(target.pid(), name); // of 10 ms
      times.put(name, new double[] {ticks[0] / 100.0, ticks[1] / 100.0});
    }
    return times;
  }

  private static double[] grown(
      String name, Map<String, double[]> before, Map<String, double[]> after) {
    return new double[] {
      after.get(name)[0] - before.get(name)[0], after.get(name)[1] - before.get(name)[1]
    };
  }

  /**
   * Checks the times of a session.
   *
   * @param least between the end of start and the beginning of stop
   * @param most between the beginning of start and the end of stop
   */
  private static void assertTimes(double[] least, double[] most, double[] times, String report) {
    for (int i = 0; i < 2; i++) {
      double tolerance = 0.1 * least[i] + 0.3;
      assertTrue(times[i] >= least[i] - tolerance, least[i] + " s; " + report);
      assertTrue(times[i] <= most[i] + tolerance, most[i] + " s; " + report);
    }
  }
}
