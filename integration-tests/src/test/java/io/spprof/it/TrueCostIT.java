package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.it.load.FixedWork;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks the overhead that the bean reports against the true cost of sampling. The same work runs
 * with and without sampling, many times in turn, and the difference in CPU time is the true cost.
 *
 * <p>The signals are as frequent as CPU timers allow: one for each tick of the kernel. The work
 * runs in one thread, and each piece of work takes a tenth of a second. With two threads on the two
 * halves of a core, the results would differ more from pair to pair. Longer pieces of work differ
 * as much as short ones. A pair is one piece of work with sampling and one without. The means leave
 * out a twentieth of the pairs at either end, because other work on a shared machine has disturbed
 * them. Pairs are measured until the standard error is small enough.
 */
@Tag("cost")
class TrueCostIT {

  private static final int MOST_PAIRS = Integer.getInteger("spprof.it.cost.pairs", 15_000);
  private static final int FEWEST_PAIRS = 40;
  private static final double PRECISION = 0.05; // the standard error, as a part of the true cost
  private static final int DEPTH = Integer.getInteger("spprof.it.cost.depth", 2000);
  private static final int MILLIONS = 60;

  /**
   * One piece of work; see {@link FixedWork}.
   *
   * @param threadNanos CPU time of the thread that did the work, as the kernel reports it, ns
   * @param ownNanos CPU time of the profiler's own thread, as the kernel reports it, ns
   * @param reportedNanos CPU time of the profiler, as the bean reports it, ns
   * @param signals number of signals
   */
  private record Work(double threadNanos, double ownNanos, double reportedNanos, double signals) {

    static Work of(TargetJvm target, String kind) throws Exception {
      double[] figures =
          Stream.of(target.ask(kind).split(" ")).mapToDouble(Double::parseDouble).toArray();
      return new Work(figures[0], figures[1], figures[2], figures[3]);
    }
  }

  /** The result of all pairs. Each cost is a fraction of the CPU time of the work. */
  private static final class Pairs {
    // The cost of the handlers in each pair.
    private final List<Double> handlers = new ArrayList<>();
    private double workNanos;
    private double ownNanos;
    private double reportedNanos;
    private double signals;

    void add(Work on, Work off) {
      handlers.add(on.threadNanos / off.threadNanos - 1);
      workNanos += off.threadNanos;
      ownNanos += on.ownNanos;
      reportedNanos += on.reportedNanos;
      signals += on.signals;
    }

    double trueCost() {
      return mean(handlers) + ownNanos / workNanos;
    }

    double reported() {
      return reportedNanos / workNanos;
    }

    boolean sayEnough() {
      return handlers.size() >= MOST_PAIRS
          || handlers.size() >= FEWEST_PAIRS && standardError(handlers) <= PRECISION * trueCost();
    }

    @Override
    public String toString() {
      double micros = workNanos / signals / 1000; // microseconds of work per signal
      return String.format(
          Locale.ROOT,
          "%d frames: true cost %.3f %% ± %.3f, reported %.3f %%; %d pairs of %.0f ms, %.0f signals a"
              + " CPU second; a signal %.1f us in truth, %.1f us reported; of these the handler"
              + " %.1f ± %.1f us in truth, %.1f us reported",
          DEPTH,
          100 * trueCost(),
          100 * standardError(handlers),
          100 * reported(),
          handlers.size(),
          workNanos / handlers.size() / 1e6,
          signals / workNanos * 1e9,
          trueCost() * micros,
          reported() * micros,
          mean(handlers) * micros,
          standardError(handlers) * micros,
          (reported() - ownNanos / workNanos) * micros);
    }
  }

  @Test
  void shouldCostWhatTheBeanSays() throws Exception {
    Pairs pairs = new Pairs();
    try (TargetJvm target = TargetJvm.of(FixedWork.class, DEPTH, MILLIONS).start()) {
      for (int i = 0; i < 20; i++) {
        Work.of(target, i % 2 == 0 ? "sampled" : "unsampled");
      }
      for (boolean offFirst = true; !pairs.sayEnough(); offFirst = !offFirst) {
        Work off = offFirst ? Work.of(target, "unsampled") : null;
        Work on = Work.of(target, "sampled");
        pairs.add(on, offFirst ? off : Work.of(target, "unsampled"));
      }
    }
    System.out.println(pairs);
    assertEquals(1, pairs.reported() / pairs.trueCost(), 0.2, pairs::toString);
  }

  private static List<Double> middle(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    int cut = sorted.size() / 20;
    return sorted.subList(cut, sorted.size() - cut);
  }

  private static double mean(List<Double> values) {
    return middle(values).stream().mapToDouble(v -> v).average().orElse(0);
  }

  /**
   * The standard error of {@link #mean}, from the winsorized variance (Tukey and McLaughlin 1963).
   */
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
    return Math.sqrt(squares / (n - 1)) / (0.9 * Math.sqrt(n));
  }
}
