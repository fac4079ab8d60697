package io.spprof.session;

import io.spprof.profile.ProfilerStats;

/**
 * Receives what a session's thread finds out. Called on that thread, which holds no lock then. One
 * owner belongs to one session.
 */
public interface SessionOwner {

  /** The session's time is over: end it, unless a stop is under way. */
  void expired();

  /**
   * About once a second.
   *
   * @param now ns after the session's start, more than the last time
   * @param stats the session's figures
   */
  void secondPassed(long now, ProfilerStats stats);
}
