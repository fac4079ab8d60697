package io.spprof.sampler;

import java.util.Locale;

/** The source of the sampling signals. It is an option of a session. */
public enum Engine {
  /**
   * The best engine of the platform. {@link #inUse()} replaces this constant before the native side
   * sees it.
   */
  AUTO(-1),

  /** One CPU timer for each thread ({@code timer_create} on the thread's CPU clock; Linux). */
  CTIMER(SampleLayout.ENGINE_CTIMER),

  /**
   * One CPU timer for the process ({@code setitimer(ITIMER_PROF)}). The kernel delivers its signal
   * to a thread that is running. Used on macOS, and on Linux on request.
   */
  ITIMER(SampleLayout.ENGINE_ITIMER);

  private final int code;

  Engine(int code) {
    this.code = code;
  }

  /** The engine's number in calls of the native side (platform.h). */
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
   * The value of the option {@code engine}.
   *
   * @return for instance {@code ctimer}, not null
   */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }
}
