package io.spprof.budget;

import io.spprof.sampler.ThreadStarts;
import java.util.concurrent.TimeUnit;

/**
 * Decides what a session with a budget does about threads that start ({@link ThreadStarts}). One
 * step less is done when starts and ends cost much of the budget: more than a quarter with timers
 * at once, more than a half with late ones. One step more is done when that would have cost half as
 * much for ten seconds. Pure arithmetic on what was measured; one thread.
 */
final class ThreadStartsControl {

  /** Of the budget, by step: more makes the next one. Back at half of it. */
  private static final double[] MUCH = {1.0 / 4, 1.0 / 2};

  private static final double LITTLE = 1.0 / 2;
  private static final long LITTLE_FOR_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A burst of threads is not the rule. */
  private static final double SMOOTHED_OVER_NANOS = 2e9;

  /** Fewer tell nothing of what one costs: of eight one is measured. */
  private static final double ENOUGH_HOOKS = 64;

  private final double budget; // of one CPU
  private final double[] costs = new double[MUCH.length]; // of a thread, by step, ns; 0: unknown
  private long lastElapsed;
  private long lastHooks;
  private long lastNanos;
  private double threads; // that end, a nanosecond
  private ThreadStarts now = ThreadStarts.TIMED;
  private final Since little = new Since();

  ThreadStartsControl(double budgetPercent) {
    this.budget = budgetPercent / 100;
  }

  ThreadStarts now() {
    return now;
  }

  /**
   * Takes what has been measured up to now into account.
   *
   * @param elapsedNanos since the session's start
   * @param hooksNow starts, ends and exits of threads that were heard
   * @param nanosNow CPU time that they took, ns
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
    // With timers at once its start, end and exit are heard, with late ones its start and end.
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
