package io.spprof.session;

import io.spprof.profile.ProfilerStats;

/**
 * Receives the reports of a session's thread. Called on this thread, which holds no lock during the
 * call. One owner belongs to one session.
 */
public interface SessionOwner {

  /** The session's duration is over. The owner ends the session, unless a stop is under way. */
  void expired();

  /**
   * Called about once a second.
   *
   * @param now ns after the session's start, later than at the last call
   * @param stats the session's figures
   */
  void secondPassed(long now, ProfilerStats stats);
}
