package io.spprof.sampler;

/**
 * How exactly the JVM records which method and line each instruction of compiled code belongs to.
 * HotSpot's flag {@code DebugNonSafepoints} determines this. The value belongs to one session and
 * is shown with the session's profile.
 */
public enum DebugInfo {
  /** Exact at every instruction. The flag was on before the session. */
  EXACT(SampleLayout.DEBUG_INFO_EXACT),
  /**
   * Exact at every instruction of code that was compiled since the session began, because the
   * session switched the flag on. Older code is exact at safepoints only.
   */
  SINCE_SESSION(SampleLayout.DEBUG_INFO_SINCE_SESSION),
  /**
   * Exact at safepoints only. An instruction between two safepoints is attributed to the method and
   * line of the second safepoint. The flag is off, and this JVM does not let the profiler set it.
   */
  SAFEPOINTS(SampleLayout.DEBUG_INFO_SAFEPOINTS);

  private final int code;

  DebugInfo(int code) {
    this.code = code;
  }

  /** Returns the constant for a number of debug_info.h. */
  static DebugInfo of(int code) {
    for (DebugInfo info : values()) {
      if (info.code == code) {
        return info;
      }
    }
    throw new IllegalArgumentException("no DebugInfo has the number " + code);
  }
}
