package io.spprof.sampler;

import java.util.Locale;

/**
 * The stack walkers that a session can choose. A walker is the native code that reads the
 * interrupted thread's stack, in the signal handler.
 */
public enum Walker {
  /** The walker {@link #VM} if it works in this JVM, otherwise {@link #AGCT}. */
  AUTO(SampleLayout.WALKER_AUTO),
  /** The profiler's own walker. It reads HotSpot's frames by the offsets that HotSpot publishes. */
  VM(SampleLayout.WALKER_VM),
  /** HotSpot's {@code AsyncGetCallTrace}. */
  AGCT(SampleLayout.WALKER_AGCT);

  private final int code;

  Walker(int code) {
    this.code = code;
  }

  /** Returns the number of the walker in calls of the native side (sampler.h). */
  int code() {
    return code;
  }

  static Walker of(int code) {
    for (Walker walker : values()) {
      if (walker.code == code) {
        return walker;
      }
    }
    throw new IllegalArgumentException("no Walker has the number " + code);
  }

  /**
   * Returns the walker as the value of the option {@code walker}.
   *
   * @return for instance {@code vm}, not null
   */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }
}
