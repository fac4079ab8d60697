package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks the counters that say what CPU time was used for. At every reading they must sum to
 * SampledCpuTimeNanos, and none may decrease, whatever the session does: drops samples, gives up
 * windows of time, or does not know the states of threads.
 */
class CategoriesIT {

  private static final long RUN_NANOS = 3_000_000_000L;

  /** A load that runs Java code, calls native code, collects garbage and compiles. */
  private static TargetJvm load() throws Exception {
    return TargetJvm.h2(2).flags("-Xmx96m", "-XX:+UseParallelGC").start();
  }

  private static Figures run(TargetJvm target, BeanClient bean, String options) throws Exception {
    Figures[] last = {Figures.of(bean)};
    Figures before = last[0];
    long begun = target.cpuNanos();
    bean.startWith(options);
    Await.until(
        "it uses its CPU time",
        () -> {
          Figures now = Figures.of(bean);
          now.assertCategories();
          for (String name : Figures.CATEGORIES) {
            assertTrue(now.category(name) >= last[0].category(name), name + ": " + now);
          }
          last[0] = now;
          return target.cpuNanos() - begun > RUN_NANOS
              && now.collected() - before.collected() > 300;
        });
    bean.stop();
    Figures stopped = Figures.of(bean);
    stopped.assertExact();
    return stopped;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "interval=1ms",
        "interval=1ms,native=none",
        "interval=1ms,walker=agct",
        "interval=1ms,engine=itimer",
        "interval=100us,memory=1m,depth=2048",
        "interval=1ms,mode=continuous,window=1s,retention=1m,memory=1m"
      })
  void shouldSumToTheSampledCpuTimeAtEveryReading(String options) throws Exception {
    try (TargetJvm target = load();
        BeanClient bean = BeanClient.connect(target)) {
      Figures all = run(target, bean, options);
      double unknown = 100.0 * all.category("UnknownCpuTimeNanos") / all.sampledCpuNanos();
      Measured.print("%s: %.2f %% unknown", options, unknown);
      // Native threads have no known use with engine=itimer, Java threads none with walker=agct.
      boolean knowsStates = !options.contains("itimer") && !options.contains("agct");
      assertTrue(unknown < (knowsStates ? 1 : 100), () -> unknown + " % unknown: " + all);
      if (options.contains("agct")) {
        assertEquals(0, all.category("JavaCpuTimeNanos"), all.toString());
      } else {
        assertTrue(all.category("JavaCpuTimeNanos") > all.sampledCpuNanos() / 10, all.toString());
      }
      if (options.contains("itimer")) {
        assertEquals(0, all.category("GcCpuTimeNanos"), all.toString());
        assertTrue(all.category("UnknownCpuTimeNanos") > 0, all.toString());
      } else {
        assertTrue(all.category("GcCpuTimeNanos") > 0, all.toString());
        assertTrue(all.category("JitCpuTimeNanos") > 0, all.toString());
      }
    }
  }

  @Test
  void shouldShowTheSameFiguresInTheReport() throws Exception {
    try (TargetJvm target = load();
        BeanClient bean = BeanClient.connect(target)) {
      Figures all = run(target, bean, "interval=1ms");
      String report = bean.query("report");
      Map<String, String> lines =
          Map.of(
              "in Java code", "JavaCpuTimeNanos",
              "garbage collector, its own threads", "GcCpuTimeNanos",
              "JIT compilers", "JitCpuTimeNanos");
      for (Map.Entry<String, String> line : lines.entrySet()) {
        double percent = 100.0 * all.category(line.getValue()) / all.sampledCpuNanos();
        assertEquals(percent, number(report, "([0-9.]+) +\\S+ \\S+  " + line.getKey()), 0.006);
      }
      double gc = 100.0 * all.category("GcCpuTimeNanos") / all.sampledCpuNanos();
      String group = "([0-9.]+) +\\S+ \\S+ +[0-9,]+ +[0-9,]+  \\[GC]";
      assertEquals(gc, number(report, group), 0.006, report);
    }
  }

  private static double number(String report, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(report);
    assertTrue(matcher.find(), pattern + " in " + report);
    return Double.parseDouble(matcher.group(1));
  }
}
