package io.spprof.sampler;

/**
 * How exactly compiled code tells which method an address belongs to: HotSpot's flag {@code
 * DebugNonSafepoints}. The order is the native side's (debug_info.h).
 */
public enum DebugInfo {
  /** All code: the flag was on before the session. */
  EXACT,
  /** Code that was compiled since the session began; for older code as {@link #SAFEPOINTS}. */
  SINCE_SESSION,
  /** What lies between two safepoints is told as the second one. */
  SAFEPOINTS;

  static DebugInfo of(int number) {
    return values()[number];
  }
}
