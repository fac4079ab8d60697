package io.spprof.sampler;

/**
 * Since when HotSpot's flag of that name is on: compiled code then tells at every instruction which
 * method it belongs to, not only at safepoints. The order is the native side's (debug_info.h).
 */
public enum DebugNonSafepoints {
  /** Since before the session. */
  BEFORE,
  /** Since the session began, for what is compiled meanwhile. */
  SINCE_SESSION,
  /** It is off, and this JVM does not let us set it. */
  NEVER;

  static DebugNonSafepoints of(int number) {
    return values()[number];
  }
}
