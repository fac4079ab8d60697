package io.spprof.it.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * A fixed piece of work on a stack of a chosen depth, split into units of about 20 µs, each of
 * which is timed with the CPU clock.
 *
 * <p>The reason for units: a profiler with 250 signals a CPU second of some 10 µs each costs 0.3 %,
 * and no two runs on a shared machine agree to 0.3 %. But with 250 signals a CPU second only one
 * unit in 200 is hit by a signal. So the median of a block of units is the cost of the work alone,
 * at the current clock frequency and with the current neighbours. The time of the block beyond the
 * median is the cost of interruptions: always of the kernel's tick, and of the profiler's signals
 * if it runs. The difference between this time with the profiler and without it is the profiler's
 * cost.
 */
final class Work {

  /** Longer than any handler: an interruption of this length is not caused by the profiler. */
  private static final long OUTLIER_NANOS = 150_000;

  private static final long UNIT_NANOS = 20_000;

  /** The number of units whose median is taken: 0.6 ms, so one in six blocks is hit by a signal. */
  private static final int BLOCK = 32;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final int depth;
  private int steps = 1000;
  private long[] nanos = new long[0];
  private long sink;

  Work(int depth) {
    this.depth = depth;
  }

  /** Waits until the code is compiled, then sizes the unit. */
  void warmUp() {
    for (int round = 0; round < 20; round++) {
      run(1000);
      double unit = Spread.median(nanos, 0, 1000);
      steps = (int) Math.max(100, Math.min(100_000, steps * UNIT_NANOS / unit));
    }
  }

  /**
   * Runs units for about that many milliseconds.
   *
   * @return CPU time spent in interruptions of the units, ns
   */
  double interruptions(long millis) {
    int units = (int) (millis * 1_000_000 / UNIT_NANOS);
    run(units);
    double sum = 0;
    for (int block = 0; block + BLOCK <= units; block += BLOCK) {
      double median = Spread.median(nanos, block, BLOCK);
      for (int i = block; i < block + BLOCK; i++) {
        double beyond = nanos[i] - median;
        sum += beyond < OUTLIER_NANOS ? beyond : 0;
      }
    }
    return sum;
  }

  private void run(int units) {
    if (nanos.length < units) {
      nanos = new long[units];
    }
    long before = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < units; i++) {
      sink += descend(depth, steps);
      long after = THREADS.getCurrentThreadCpuTime();
      nanos[i] = after - before;
      before = after;
    }
  }

  private static long descend(int frames, int steps) {
    return frames == 0 ? leaf(steps) : descend(frames - 1, steps) + 1;
  }

  private static long leaf(int steps) {
    long x = steps;
    for (int i = 0; i < steps; i++) {
      x = x * 6364136223846793005L + 1442695040888963407L;
    }
    return x;
  }

  @Override
  public String toString() {
    return "depth " + depth + ", " + steps + " steps, " + sink;
  }
}
