package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Calling;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks user and system time of threads in the report against the kernel's own figures. */
@Tag("system")
class ThreadTimesIT {

  private static final Pattern LINE =
      Pattern.compile(
          "(?m)^ +[0-9.]+ +[0-9.]+ m?s +[0-9,]+ +([0-9.]+) (m?s) +([0-9.]+) (m?s)  (.*)$");

  @Test
  void shouldReportUserAndSystemTimeOfEachThread() throws Exception {
    try (TargetJvm target = TargetJvm.of(Calling.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      long[] readerBefore = Proc.userAndSystemTicks(target.pid(), "reader");
      long[] computerBefore = Proc.userAndSystemTicks(target.pid(), "computer");
      long own = Proc.profilersThreadNanos(target.pid());
      Thread.sleep(8000);
      long[] reader = Proc.userAndSystemTicks(target.pid(), "reader");
      long[] computer = Proc.userAndSystemTicks(target.pid(), "computer");
      bean.stop();
      String report = bean.query("report");
      double user = 0;
      double system = 0;
      Matcher lines = LINE.matcher(report);
      while (lines.find()) {
        double[] times = {
          seconds(lines.group(1), lines.group(2)), seconds(lines.group(3), lines.group(4))
        };
        user += times[0];
        system += times[1];
        if (lines.group(5).equals("reader")) {
          assertTimes(readerBefore, reader, times, report);
        } else if (lines.group(5).equals("computer")) {
          assertTimes(computerBefore, computer, times, report);
          assertTrue(times[1] < 0.1 * times[0], report);
        }
      }
      double processUser = bean.number("UserCpuTimeNanos") / 1e9;
      double processSystem = bean.number("SystemCpuTimeNanos") / 1e9;
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

  /** Ticks are 10 ms. The session is some tenths of a second longer than the test's readings. */
  private static void assertTimes(long[] before, long[] after, double[] times, String report) {
    double user = (after[0] - before[0]) / 100.0;
    double system = (after[1] - before[1]) / 100.0;
    assertTrue(user + system > 0.5, () -> "only " + user + " and " + system + " s");
    assertEquals(user, times[0], 0.1 * user + 0.3, report);
    assertEquals(system, times[1], 0.1 * system + 0.3, report);
  }
}
