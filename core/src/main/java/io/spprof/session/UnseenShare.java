package io.spprof.session;

import io.spprof.profile.ProfilerStats;

/**
 * Computes which part of the CPU time of the last seconds is unseen: no signal stands for it, so it
 * is in no profile. Pure arithmetic. Used by one thread.
 */
final class UnseenShare {

  /**
   * Unseen CPU time is reported if it is at least 10 ms, and at least this part of the CPU time of
   * the last seconds.
   */
  private static final double MUCH = 0.05;

  private static final long LEAST_NANOS = 10_000_000;

  /** The part of the sums that is kept each second, so that the sums cover some five seconds. */
  private static final double KEPT = 0.8;

  private long unseenBefore;
  private long usedBefore;
  private double unseen;
  private double used;

  /**
   * Updates the sums. Called about once a second.
   *
   * @param now the session's figures
   * @return a message for the user, or ""
   */
  String problem(ProfilerStats now) {
    long allUsed = now.counters().sampledCpuNanos() + now.counters().droppedCpuNanos();
    unseen = KEPT * unseen + now.counters().unseenCpuNanos() - unseenBefore;
    used = KEPT * used + allUsed - usedBefore;
    unseenBefore = now.counters().unseenCpuNanos();
    usedBefore = allUsed;
    if (unseen < LEAST_NANOS || unseen < MUCH * used) {
      return "";
    }
    return Math.min(100, Math.round(100 * unseen / used))
        + " % of the CPU time of the last seconds is in no profile: it was used by threads that"
        + " ended before they were found, or after their last signal; UnseenCpuTimeNanos counts it";
  }
}
