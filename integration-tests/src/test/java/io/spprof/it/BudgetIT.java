package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks the option {@code budget}, which limits the overhead of a session: the measured overhead
 * stays within the budget, and the samples and drops still account for all CPU time.
 */
@Tag("system")
class BudgetIT {

  private static final int PART = 3; // the budget is the cost without a budget, divided by this
  private static final int THREADS = 60;
  private static final int DEPTH = 1900;
  private static final long LONGEST_NANOS = 1_000_000_000;
  private static final Pattern RESTS =
      Pattern.compile(
          "^budget=[^ ]*: the longest interval is not enough, so one thread in (\\d+) ");

  /** Figures that the bean reports at one moment. */
  private record Reading(long nanos, long overheadNanos, long signals, long intervalNanos) {

    static Reading of(BeanClient bean) throws Exception {
      long before = System.nanoTime();
      Map<String, Object> values = bean.several("OverheadCpuTimeNanos", "Signals", "IntervalNanos");
      return new Reading(
          (before + System.nanoTime()) / 2,
          (Long) values.get("OverheadCpuTimeNanos"),
          (Long) values.get("Signals"),
          (Long) values.get("IntervalNanos"));
    }

    double percentSince(Reading earlier) {
      return 100.0 * (overheadNanos - earlier.overheadNanos) / (nanos - earlier.nanos);
    }
  }

  @Test
  void shouldStayWithinTheBudgetWhateverTheLoadDoesAndAccountForAllCpuTime() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, THREADS, DEPTH).start();
        BeanClient bean = BeanClient.connect(target)) {
      double free = costWithoutABudget(target, bean);
      double budget =
          Math.max(5, Math.round(100 * free / PART)) / 100.0; // whatever the machine's speed
      long before = target.cpuNanos();
      bean.startWith("mode=continuous,interval=1ms,budget=" + budget);
      String options = bean.text("Options");
      assertTrue(options.contains(",budget="), options);
      String shown = options.replaceAll(".*,budget=([^,]*).*", "$1");
      assertEquals(budget, Double.parseDouble(shown), 1e-9, options);
      // CPU time of the profiler's thread between two readings counts as its own.
      long ownBegun = Proc.profilersThreadNanos(target.pid());
      long begun = target.cpuNanos();

      List<Reading> readings = new ArrayList<>();
      for (int second = 0; second < 50; second++) {
        if (second % 10 == 0 || second % 10 == 6) {
          target.ask(second % 10 == 0 ? "busy" : "idle");
        }
        Thread.sleep(1000);
        readings.add(Reading.of(bean));
      }
      String problem = bean.text("LastError");
      long ending = target.cpuNanos();
      long ownEnding = Proc.profilersThreadNanos(target.pid());
      bean.stop();
      long ended = target.cpuNanos();

      double worst = worstTenSeconds(readings.subList(15, readings.size()));
      long longest = readings.stream().mapToLong(Reading::intervalNanos).max().orElseThrow();
      Measured.print(
          "budget %.2f %%: %.2f %% without it; with it %.2f %% over all, %.2f %% in the worst 10 s,"
              + " longest interval %d ms",
          budget,
          free,
          readings.get(readings.size() - 1).percentSince(readings.get(0)),
          worst,
          longest / 1_000_000);
      int share = share(problem);
      // Threads rest only where the longest interval is not enough: on a busy machine the
      // profiler's own thread takes more of the budget, and the load pays for fewer signals.
      assertTrue(share == 1 || longest == LONGEST_NANOS, problem + ": " + readings);
      assertTrue(
          free > 2 * budget,
          "the load costs too little to test the budget: " + free + " % without a budget");
      assertTrue(worst <= 1.2 * budget, worst + " %: " + readings);
      assertTrue(longest > 1_000_000, "the interval never changed: " + readings);

      long accounted = bean.number("SampledCpuTimeNanos") + bean.number("DroppedCpuTimeNanos");
      accounted -= firstSessionNanos;
      // Four standard deviations, see CpuAccountingIT, for the longest interval. On a busy machine
      // the interval may become long.
      double chance = 4 * longest * share * Math.sqrt(THREADS / 6.0);
      assertTrue(
          chance < 0.5 * (ending - begun),
          "the load used too little CPU time to tell whether it is accounted for: " + readings);
      // The profiler's own thread, which begins with the session, is in no sample.
      double least = 0.98 * (ending - begun - (ownEnding - ownBegun)) - chance;
      double most = 1.02 * (ended - before - ownEnding) + chance;
      assertTrue(accounted > least, accounted + " of " + least + ": " + readings);
      assertTrue(accounted < most, accounted + " of " + most + ": " + readings);
      assertWindowsShowTheInterval(bean, longest);
    }
  }

  private long firstSessionNanos;

  /** Returns n if one thread in n is sampled at a time. Fails for any other problem. */
  private static int share(String problem) {
    if (problem.isEmpty()) {
      return 1;
    }
    Matcher rest = RESTS.matcher(problem);
    assertTrue(rest.find(), problem);
    return Integer.parseInt(rest.group(1));
  }

  /**
   * The overhead without a budget and with all threads busy, in percent of one CPU. It shows that
   * the budget has an effect.
   */
  private double costWithoutABudget(TargetJvm target, BeanClient bean) throws Exception {
    target.ask("busy");
    bean.startWith("interval=1ms");
    Reading first = Reading.of(bean);
    Await.until("a thousand signals", () -> Reading.of(bean).signals() > first.signals() + 1000);
    double percent = Reading.of(bean).percentSince(first);
    bean.stop();
    target.ask("idle");
    firstSessionNanos = bean.number("SampledCpuTimeNanos") + bean.number("DroppedCpuTimeNanos");
    return percent;
  }

  private static double worstTenSeconds(List<Reading> readings) {
    double worst = 0;
    for (Reading first : readings) {
      for (Reading last : readings) {
        if (last.nanos() - first.nanos() >= 10_000_000_000L) {
          worst = Math.max(worst, last.percentSince(first));
          break;
        }
      }
    }
    assertTrue(worst > 0, "no ten seconds");
    return worst;
  }

  private static void assertWindowsShowTheInterval(BeanClient bean, long longest) throws Exception {
    List<String> intervals = new ArrayList<>();
    for (String line : bean.query("windows").lines().skip(1).toList()) {
      String[] words = line.trim().split(" +");
      intervals.add(words[5]);
    }
    // The readings may have missed an interval, because an interval can be in force for a second or
    // less.
    long shown =
        intervals.stream()
            .mapToLong(i -> Long.parseLong(i.substring(i.indexOf('-') + 1)))
            .max()
            .orElseThrow();
    assertTrue(shown >= longest / 1000, () -> longest + " ns: " + intervals);
    assertTrue(intervals.stream().anyMatch(i -> i.contains("-")), intervals::toString);
    assertTrue(bean.query("report").contains("every 1 ms to "), bean.query("report"));
  }
}
