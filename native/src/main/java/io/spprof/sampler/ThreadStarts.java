package io.spprof.sampler;

/** What a session does about threads that start; what costs them less comes later. */
public enum ThreadStarts {
  // By the numbers of enum spprof_thread_starts.

  /** A thread gets its timer as it starts. */
  TIMED,

  /**
   * From the next {@link Sampler#sweep()} only. No CPU time is lost, but the stacks of threads that
   * end before.
   */
  LATE,

  /**
   * The JVM says nothing; sweeps find the threads that live. The CPU time of those that end before
   * is unseen. Where there is one timer for the process this is {@link #LATE}.
   */
  UNHEARD
}
