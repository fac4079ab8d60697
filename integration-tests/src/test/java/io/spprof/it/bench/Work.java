package io.spprof.it.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * A fixed piece of work on a stack of a chosen depth, cut into units of about 20 µs whose CPU time
 * is taken one by one.
 *
 * <p>Why units: a profiler at 250 signals a CPU second and some 10 µs each costs 0.3 %, and no two
 * runs on a shared machine agree to 0.3 %. But all but one unit in 200 see no signal, so the median
 * of a block of units is the price of the work alone, at this moment's clock frequency and with
 * these neighbours, and what the block took beyond it is the price of interruptions: of the
 * kernel's tick always, of a profiler's signals when one runs. The difference between the two is
 * the profiler's.
 */
final class Work {

  /** Longer than any handler: an interruption of this length is not the profiler's. */
  private static final long OUTLIER_NANOS = 150_000;

  private static final long UNIT_NANOS = 20_000;

  /** Units whose median is taken: 0.6 ms, so that one in six blocks sees a signal. */
  private static final int BLOCK = 32;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final int depth;
  private int steps = 1000;
  private long[] nanos = new long[0];
  private long sink;

  Work(int depth) {
    this.depth = depth;
  }

  /** Lets the compiler settle, then sizes the unit. */
  void warmUp() {
    for (int round = 0; round < 20; round++) {
      run(1000);
      double unit = Spread.median(nanos, 0, 1000);
      steps = (int) Math.max(100, Math.min(100_000, steps * UNIT_NANOS / unit));
    }
  }

  /**
   * Runs units for about that long.
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
