package io.spprof.sampler;

import java.util.Arrays;
import java.util.Locale;

/** What reads a thread's stack inside the signal handler. */
public enum Walker {
  /** {@link #VM} where that works, else {@link #AGCT}. */
  AUTO(SampleLayout.WALKER_AUTO),
  /** Our own: it reads HotSpot's frames by the layout that HotSpot publishes. */
  VM(SampleLayout.WALKER_VM),
  /** HotSpot's {@code AsyncGetCallTrace}. */
  AGCT(SampleLayout.WALKER_AGCT);

  private final int code;

  Walker(int code) {
    this.code = code;
  }

  /** The number by which the native side knows it (sampler.h). */
  int code() {
    return code;
  }

  static Walker of(int code) {
    return Arrays.stream(values()).filter(walker -> walker.code == code).findFirst().orElseThrow();
  }

  /**
   * The value of the option {@code walker}.
   *
   * @return for instance {@code vm}, not null
   */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }
}
