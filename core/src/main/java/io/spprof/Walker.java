package io.spprof;

/** What reads a thread's stack inside the signal handler. */
public enum Walker {
  /** The best walker that the running JVM allows. */
  AUTO,
  /** HotSpot's {@code AsyncGetCallTrace}. */
  AGCT
}
