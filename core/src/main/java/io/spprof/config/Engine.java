package io.spprof.config;

import java.util.Locale;

/** What makes the sampling signals. */
public enum Engine {
  /** The best engine of the platform. */
  AUTO,
  /** A CPU timer a thread ({@code timer_create} on the thread's CPU clock; Linux). */
  CTIMER,
  /**
   * One CPU timer for the process ({@code setitimer(ITIMER_PROF)}), whose signal goes to a thread
   * that is running (macOS, and Linux on request).
   */
  ITIMER;

  /**
   * What the sampler is to use.
   *
   * @return not null
   */
  public io.spprof.sampler.Engine timer() {
    return switch (this) {
      case AUTO -> io.spprof.sampler.Engine.platformDefault();
      case CTIMER -> io.spprof.sampler.Engine.CTIMER;
      case ITIMER -> io.spprof.sampler.Engine.ITIMER;
    };
  }

  /**
   * The name of what is really used, as options have it.
   *
   * @return for instance {@code ctimer}, not null
   */
  public String inUse() {
    return timer().name().toLowerCase(Locale.ROOT);
  }
}
