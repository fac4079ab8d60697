package io.spprof.sampler;

/** What makes the sampling signals. The order is the native side's (jni.c). */
public enum Engine {
  /** A CPU timer a thread, on the thread's own CPU clock; Linux. */
  CTIMER,

  /**
   * One timer for the process ({@code setitimer(ITIMER_PROF)}), whose signal goes to a thread that
   * is running; macOS, and Linux on request.
   */
  ITIMER;

  /**
   * The best that the platform has.
   *
   * @return {@link #CTIMER} on Linux, else {@link #ITIMER}
   */
  public static Engine platformDefault() {
    // Asked at start-up, so without a class of JNA.
    return System.getProperty("os.name").startsWith("Linux") ? CTIMER : ITIMER;
  }
}
