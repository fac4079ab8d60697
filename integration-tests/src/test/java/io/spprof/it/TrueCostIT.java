package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.FixedWork;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same work with and without sampling, many times in turn: what it takes more is what the bean
 * says that sampling costs.
 *
 * <p>As dense as CPU timers get, a signal a tick of the kernel and CPU. The means are of the middle
 * four fifths of the pairs, as a shared machine makes some of them useless; as many pairs are taken
 * as the standard error needs.
 */
@Tag("cost")
class TrueCostIT {

  private static final int MOST_PAIRS = Integer.getInteger("spprof.it.cost.pairs", 1000);
  private static final int FEWEST_PAIRS = 40;
  private static final double PRECISION = 0.07; // standard error, of the true cost
  private static final int THREADS = 2;
  private static final int DEPTH = 200;
  private static final int MILLIONS = 300;

  @Test
  void shouldCostWhatTheBeanSays() throws Exception {
    List<Double> trueCosts = new ArrayList<>(); // of the work's CPU time
    double workNanos = 0;
    double toldNanos = 0;
    double signals = 0;
    try (TargetJvm target = TargetJvm.of(FixedWork.class, THREADS, DEPTH, MILLIONS).start();
        BeanClient bean = BeanClient.connect(target)) {
      for (int i = 0; i < 5; i++) {
        with(target, bean);
        work(target);
      }
      while (trueCosts.size() < FEWEST_PAIRS
          || trueCosts.size() < MOST_PAIRS
              && standardError(trueCosts) > PRECISION * mean(trueCosts)) {
        boolean first = trueCosts.size() % 2 == 0;
        double off = first ? work(target) : 0;
        long signalsBefore = bean.number("Signals");
        long toldBefore = bean.number("OverheadCpuTimeNanos");
        double on = with(target, bean);
        toldNanos += bean.number("OverheadCpuTimeNanos") - toldBefore;
        signals += bean.number("Signals") - signalsBefore;
        off = first ? off : work(target);
        trueCosts.add(on / off - 1);
        workNanos += off;
      }
    }
    double trueCost = mean(trueCosts);
    double told = toldNanos / workNanos;
    String result =
        String.format(
            Locale.ROOT,
            "true cost %.3f %% ± %.3f, told %.3f %%, %d pairs, %.0f signals a CPU second,"
                + " %.1f us a signal in truth, %.1f us told",
            100 * trueCost,
            100 * standardError(trueCosts),
            100 * told,
            trueCosts.size(),
            signals / workNanos * 1e9,
            trueCost * workNanos / signals / 1000,
            toldNanos / signals / 1000);
    System.out.println(result);
    assertTrue(Math.abs(told / trueCost - 1) <= 0.2, result);
  }

  private static double work(TargetJvm target) throws Exception {
    long before = target.cpuNanos();
    target.ask("work");
    return target.cpuNanos() - before;
  }

  private static double with(TargetJvm target, BeanClient bean) throws Exception {
    bean.startWith("interval=1ms");
    double nanos = work(target);
    bean.stop();
    return nanos;
  }

  private static List<Double> middle(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    int cut = sorted.size() / 10;
    return sorted.subList(cut, sorted.size() - cut);
  }

  private static double mean(List<Double> values) {
    return middle(values).stream().mapToDouble(v -> v).average().orElse(0);
  }

  /** Of {@link #mean}: from the winsorized variance (Tukey and McLaughlin 1963). */
  private static double standardError(List<Double> values) {
    List<Double> middle = middle(values);
    int n = values.size();
    int cut = (n - middle.size()) / 2;
    double low = middle.get(0);
    double high = middle.get(middle.size() - 1);
    double sum = cut * (low + high);
    for (double value : middle) {
      sum += value;
    }
    double mean = sum / n;
    double squares = cut * (Math.pow(low - mean, 2) + Math.pow(high - mean, 2));
    for (double value : middle) {
      squares += Math.pow(value - mean, 2);
    }
    return Math.sqrt(squares / (n - 1)) / (0.8 * Math.sqrt(n));
  }
}
