package io.spprof.sampler;

import java.util.Locale;

/**
 * The source of the sampling signals: a CPU timer for each thread, or one CPU timer for the whole
 * process. The engine is an option of a session.
 */
public enum Engine {
  /**
   * The best engine of the platform. {@link #inUse()} replaces this constant before the native side
   * sees it.
   */
  AUTO(-1),

  /** One CPU timer for each thread ({@code timer_create} on the thread's CPU clock; Linux). */
  CTIMER(SampleLayout.ENGINE_CTIMER),

  /**
   * One CPU timer for the process ({@code setitimer(ITIMER_PROF)}). The kernel delivers the timer's
   * signal to a thread that is running. This engine is used on macOS, and on Linux if the user asks
   * for it.
   */
  ITIMER(SampleLayout.ENGINE_ITIMER);

  private final int code;

  Engine(int code) {
    this.code = code;
  }

  /** Returns the number of the engine in calls of the native side (platform.h). */
  int code() {
    return code;
  }

  /**
   * Returns the engine that a session with this setting uses.
   *
   * @return never {@link #AUTO}, which becomes {@link #CTIMER} on Linux and {@link #ITIMER}
   *     elsewhere
   */
  public Engine inUse() {
    if (this != AUTO) {
      return this;
    }
    // The agent calls this method while it is loaded, so the method uses no class of JNA.
    return System.getProperty("os.name").startsWith("Linux") ? CTIMER : ITIMER;
  }

  /**
   * Returns the engine as the value of the option {@code engine}.
   *
   * @return for instance {@code ctimer}, not null
   */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }
}
