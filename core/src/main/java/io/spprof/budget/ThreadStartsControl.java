package io.spprof.budget;

import io.spprof.sampler.ThreadStarts;
import java.util.concurrent.TimeUnit;

/**
 * Decides what a session with a budget does when threads start. A program that starts very many
 * threads would otherwise use up the budget with the work at their starts and ends. {@link
 * ThreadStarts} lists three ways to treat a start, the most expensive first; one of them is in
 * force. Each way except the cheapest has a limit on what starts and ends of threads may cost: a
 * quarter of the budget while threads get their timers at once, and a half while they get them
 * late. Above the limit, the next cheaper way comes into force. The next more expensive way comes
 * back if, for ten seconds, it would have cost less than half of its own limit. This class only
 * calculates with measured values. Used by one thread.
 */
final class ThreadStartsControl {

  /**
   * The limit of each way, as a part of the budget. Above the limit, the next cheaper way comes
   * into force.
   */
  private static final double[] MUCH = {1.0 / 4, 1.0 / 2};

  private static final double LITTLE = 1.0 / 2;
  private static final long LITTLE_FOR_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * The time constant of the smoothing. It is so long that a single burst of threads does not
   * change the way.
   */
  private static final double SMOOTHED_OVER_NANOS = 2e9;

  /**
   * The fewest hooks from which the cost of a thread is computed. Only one hook in eight is
   * measured, so fewer hooks give no reliable cost.
   */
  private static final double ENOUGH_HOOKS = 64;

  private final double budget; // a part of one CPU
  private final double[] costs =
      new double[MUCH.length]; // of a thread, by way, in nanoseconds; 0 if unknown
  private long lastElapsed;
  private long lastHooks;
  private long lastNanos;
  private double threads; // number of threads that end, per nanosecond
  private ThreadStarts now = ThreadStarts.TIMED;
  private final Since little = new Since();

  ThreadStartsControl(double budgetPercent) {
    this.budget = budgetPercent / 100;
  }

  ThreadStarts now() {
    return now;
  }

  /**
   * Updates the decision with the values measured up to now.
   *
   * @param elapsedNanos the time since the session's start, in nanoseconds
   * @param hooksNow the number of hooks: starts, ends and exits of threads at which the profiler
   *     did work
   * @param nanosNow the CPU time of these hooks, in nanoseconds
   */
  void update(long elapsedNanos, long hooksNow, long nanosNow) {
    double elapsed = elapsedNanos - lastElapsed;
    if (elapsed <= 0) {
      return;
    }
    double newHooks = hooksNow - lastHooks;
    double newNanos = nanosNow - lastNanos;
    lastElapsed = elapsedNanos;
    lastHooks = hooksNow;
    lastNanos = nanosNow;
    int step = now.ordinal();
    // A thread that gets its timer at once has three hooks: start, end and exit. A thread that gets
    // its timer late has two: start and end.
    double ended = newHooks / (3 - step);
    double kept = Math.exp(-elapsed / SMOOTHED_OVER_NANOS);
    threads = kept * threads + (1 - kept) * ended / elapsed;
    if (step < costs.length && newHooks >= ENOUGH_HOOKS) {
      costs[step] = newNanos / ended;
    }
    if (step < MUCH.length && threads * costs[step] > MUCH[step] * budget) {
      now = ThreadStarts.values()[step + 1];
      little.update(false, elapsedNanos);
      return;
    }
    little.update(
        step > 0 && threads * costs[step - 1] < LITTLE * MUCH[step - 1] * budget, elapsedNanos);
    if (little.lasts(LITTLE_FOR_NANOS, elapsedNanos)) {
      now = ThreadStarts.values()[step - 1];
      little.update(false, elapsedNanos);
    }
  }
}
