package io.spprof.sampler;

import java.util.Locale;

/** What makes the sampling signals. */
public enum Engine {
  /** The best engine of the platform; the native side never sees it, see {@link #inUse()}. */
  AUTO(-1),

  /** A CPU timer a thread ({@code timer_create} on the thread's CPU clock; Linux). */
  CTIMER(SampleLayout.ENGINE_CTIMER),

  /**
   * One CPU timer for the process ({@code setitimer(ITIMER_PROF)}), whose signal goes to a thread
   * that is running (macOS, and Linux on request).
   */
  ITIMER(SampleLayout.ENGINE_ITIMER);

  private final int code;

  Engine(int code) {
    this.code = code;
  }

  /** The number by which the native side knows it (platform.h). */
  int code() {
    return code;
  }

  /**
   * The engine that a session with this setting uses.
   *
   * @return never {@link #AUTO}: in its place {@link #CTIMER} on Linux, else {@link #ITIMER}
   */
  public Engine inUse() {
    if (this != AUTO) {
      return this;
    }
    // The agent asks this as it is loaded, so no class of JNA is used here.
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
