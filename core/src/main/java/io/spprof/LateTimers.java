package io.spprof;

import java.util.concurrent.TimeUnit;

/**
 * Decides whether threads that start get their timers late, which costs them a part of what a timer
 * at once does ({@link io.spprof.sampler.Sampler#makeTimersLate}): when starts and ends take more
 * than a quarter of the budget, and until they would not take an eighth of it for ten seconds. Pure
 * arithmetic on what was measured; one thread.
 */
final class LateTimers {

  private static final double MUCH = 1.0 / 4;
  private static final double LITTLE = 1.0 / 8;
  private static final long LITTLE_FOR_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A burst of threads is not the rule. */
  private static final double SMOOTHED_OVER_NANOS = 2e9;

  /** Fewer tell nothing of what one costs: of eight one is measured. */
  private static final double ENOUGH_HOOKS = 64;

  private final double budget; // of one CPU
  private long lastElapsed;
  private long lastHooks;
  private long lastNanos;
  private double hooks; // a nanosecond
  private double share; // of one CPU
  private double costAtOnce; // of a start or an end with a timer at once, ns
  private long littleSince = Long.MAX_VALUE;
  private boolean late;

  LateTimers(double budgetPercent) {
    this.budget = budgetPercent / 100;
  }

  boolean late() {
    return late;
  }

  /** What starts and ends cost, of one CPU. */
  double share() {
    return share;
  }

  /**
   * Takes what has been measured up to now into account.
   *
   * @param elapsedNanos since the session's start
   * @param hooksNow starts and ends of threads
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
    double kept = Math.exp(-elapsed / SMOOTHED_OVER_NANOS);
    hooks = kept * hooks + (1 - kept) * newHooks / elapsed;
    share = kept * share + (1 - kept) * newNanos / elapsed;
    if (!late && newHooks >= ENOUGH_HOOKS) {
      costAtOnce = newNanos / newHooks;
    }
    if (!late) {
      late = share > MUCH * budget;
      littleSince = Long.MAX_VALUE;
      return;
    }
    boolean little = hooks * costAtOnce < LITTLE * budget;
    littleSince = little ? Math.min(littleSince, elapsedNanos) : Long.MAX_VALUE;
    late = !little || elapsedNanos - littleSince < LITTLE_FOR_NANOS;
  }
}
