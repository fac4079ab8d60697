package io.spprof.sampler;

import java.util.Arrays;

/**
 * How exactly the JVM records, for compiled code, which method and line an instruction is of.
 * HotSpot's flag {@code DebugNonSafepoints} decides it.
 */
public enum DebugInfo {
  /** At every instruction: the flag was on before the session. */
  EXACT(SampleLayout.DEBUG_INFO_EXACT),
  /**
   * At every instruction of code compiled since the session began, when the flag was switched on;
   * else at safepoints.
   */
  SINCE_SESSION(SampleLayout.DEBUG_INFO_SINCE_SESSION),
  /**
   * At safepoints: an instruction between two of them is attributed to the second one. The flag is
   * off, and this JVM does not let us set it.
   */
  SAFEPOINTS(SampleLayout.DEBUG_INFO_SAFEPOINTS);

  private final int code;

  DebugInfo(int code) {
    this.code = code;
  }

  /** By the number of debug_info.h. */
  static DebugInfo of(int code) {
    return Arrays.stream(values()).filter(info -> info.code == code).findFirst().orElseThrow();
  }
}
