package io.spprof.sampler;

/**
 * What reads a thread's stack in the signal handler. The order is the native side's (sampler.h).
 */
public enum Walker {
  /** {@link #VM} where that works, else {@link #AGCT}. */
  AUTO,
  /** Our own, by what HotSpot publishes of its layout. */
  VM,
  /** HotSpot's {@code AsyncGetCallTrace}. */
  AGCT;

  static Walker of(int number) {
    return values()[number];
  }
}
