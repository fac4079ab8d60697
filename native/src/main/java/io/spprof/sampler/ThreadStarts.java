package io.spprof.sampler;

/**
 * What a session does when a thread starts. The constants are ordered by cost: each constant costs
 * the starting thread less than the constant before it.
 */
public enum ThreadStarts {
  /** A thread gets its timer when it starts. */
  TIMED(SampleLayout.STARTS_TIMED),

  /**
   * A thread gets its timer at the next {@link Sampler#sweep()}, which checks all threads. No CPU
   * time is lost. The stacks of threads that end before the sweep are lost.
   */
  LATE(SampleLayout.STARTS_LATE),

  /**
   * The JVM does not report starts. Sweeps find the threads that are still alive. If a thread ends
   * before a sweep, its CPU time is counted as unseen. With one timer for the process, this
   * constant has the effect of {@link #LATE}.
   */
  UNHEARD(SampleLayout.STARTS_UNHEARD);

  private final int code;

  ThreadStarts(int code) {
    this.code = code;
  }

  /** Returns the number of the constant in calls of the native side (thread_hooks.h). */
  int code() {
    return code;
  }
}
