package io.spprof.session;

import io.spprof.profile.ProfilerStats;

/**
 * Receives the reports of a session's thread. The methods are called on this thread, which holds no
 * lock meanwhile. One owner belongs to one session.
 */
public interface SessionOwner {

  /**
   * Reports that the session's duration is over. The owner ends the session, unless a stop is under
   * way.
   */
  void expired();

  /**
   * Reports the session's figures, about once a second.
   *
   * @param now the present, in nanoseconds after the session's start, later than at the last call
   * @param stats the session's figures
   */
  void secondPassed(long now, ProfilerStats stats);
}
