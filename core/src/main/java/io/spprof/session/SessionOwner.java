package io.spprof.session;

/** Who is told what a session's thread finds out; called on that thread. */
public interface SessionOwner {

  /**
   * The session's time is over: end it, unless a stop is under way.
   *
   * @param session the session
   */
  void expired(ProfilerSession session);

  /**
   * About once a second.
   *
   * @param session the session
   */
  void secondPassed(ProfilerSession session);
}
