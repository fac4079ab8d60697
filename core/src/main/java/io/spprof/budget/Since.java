package io.spprof.budget;

/**
 * For how long a condition has held without a break. Times are ns after the session's start. One
 * thread.
 */
final class Since {

  private static final long NEVER = Long.MAX_VALUE;

  private long began = NEVER; // while the condition does not hold: NEVER

  /** Tells whether the condition holds at this moment. */
  void update(boolean holds, long now) {
    began = holds ? Math.min(began, now) : NEVER;
  }

  /** Whether the condition holds, and has held for so long, ns. */
  boolean lasts(long nanos, long now) {
    return began != NEVER && now - began >= nanos;
  }

  /** Counts from now on, as if the condition had only begun to hold. */
  void restart(long now) {
    began = now;
  }
}
