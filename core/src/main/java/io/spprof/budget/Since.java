package io.spprof.budget;

/**
 * Measures for how long a condition has held without a break. Times are nanoseconds after the
 * session's start. Used by one thread.
 */
final class Since {

  private static final long NEVER = Long.MAX_VALUE;

  private long began = NEVER; // NEVER while the condition does not hold

  /** Reports whether the condition holds at this moment. */
  void update(boolean holds, long now) {
    began = holds ? Math.min(began, now) : NEVER;
  }

  /**
   * Returns whether the condition holds, and has held for at least {@code nanos} without a break.
   */
  boolean lasts(long nanos, long now) {
    return began != NEVER && now - began >= nanos;
  }

  /** Restarts the measurement at this moment, as if the condition had only begun to hold. */
  void restart(long now) {
    began = now;
  }
}
