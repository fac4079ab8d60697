package io.spprof.sampler;

/** What a session does when a thread starts. Each constant costs the thread less than the last. */
public enum ThreadStarts {
  /** A thread gets its timer as it starts. */
  TIMED(SampleLayout.STARTS_TIMED),

  /**
   * A thread gets its timer at the next {@link Sampler#sweep()}. No CPU time is lost; the stacks of
   * threads that end before the sweep are.
   */
  LATE(SampleLayout.STARTS_LATE),

  /**
   * The JVM does not report starts; sweeps find the threads that live. The CPU time of threads that
   * end before a sweep is unseen. Where there is one timer for the process this is {@link #LATE}.
   */
  UNHEARD(SampleLayout.STARTS_UNHEARD);

  private final int code;

  ThreadStarts(int code) {
    this.code = code;
  }

  /** The number by which the native side knows it (thread_hooks.h). */
  int code() {
    return code;
  }
}
