package io.spprof.budget;

import io.spprof.sampler.ThreadStarts;
import java.util.concurrent.TimeUnit;

/**
 * Decides how a session with a budget treats threads that start. {@link ThreadStarts} lists the
 * ways, the most expensive first; one of them is in force. Each has a limit on what starts and ends
 * of threads may cost: a quarter of the budget while threads get their timers at once, a half while
 * they get them late. Above the limit, the next cheaper way comes into force. The next more
 * expensive way comes back when for ten seconds it would have cost less than half of its own limit.
 * Pure arithmetic on measured figures. Used by one thread.
 */
final class ThreadStartsControl {

  /** Limits by step, as parts of the budget. Above the limit the next step is taken. */
  private static final double[] MUCH = {1.0 / 4, 1.0 / 2};

  private static final double LITTLE = 1.0 / 2;
  private static final long LITTLE_FOR_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Smoothing: a burst of threads alone does not change the step. */
  private static final double SMOOTHED_OVER_NANOS = 2e9;

  /** With fewer, the cost of one is unknown: one of eight is measured. */
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
   * Takes the figures measured up to now into account.
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
    // A thread that gets its timer at once is heard at its start, end and exit; one that gets it
    // late, at its start and end.
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
