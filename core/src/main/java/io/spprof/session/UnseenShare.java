package io.spprof.session;

import io.spprof.profile.ProfilerStats;

/**
 * Finds out whether too much of the CPU time of the last seconds is unseen. Unseen CPU time is time
 * that no signal stands for, so it is in no profile. This class only calculates. Used by one thread
 * at a time.
 */
final class UnseenShare {

  /**
   * The part of the CPU time of the last seconds above which unseen CPU time is reported. It must
   * also be at least 10 ms.
   */
  private static final double MUCH = 0.05;

  private static final long LEAST_NANOS = 10_000_000;

  /** The part of the sums that is kept each second. The sums therefore cover some five seconds. */
  private static final double KEPT = 0.8;

  private long unseenBefore;
  private long usedBefore;
  private double unseen;
  private double used;

  /**
   * Updates the sums. Called about once a second.
   *
   * @param now the session's figures
   * @return a message for the user; "" if there is no problem
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
