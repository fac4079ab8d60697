package io.spprof.profile;

import io.spprof.sampler.DebugNonSafepoints;

/** How exactly the JVM records, for compiled code, which method and line an instruction is of. */
public enum DebugInfo {
  /** At every instruction. */
  EXACT,
  /** At every instruction of code compiled since the session began, else at safepoints. */
  SINCE_SESSION,
  /** At safepoints: an instruction between two of them is attributed to the second one. */
  SAFEPOINTS;

  /**
   * From the sampler's answer.
   *
   * @param since since when the JVM records it
   * @return not null
   */
  public static DebugInfo of(DebugNonSafepoints since) {
    return switch (since) {
      case BEFORE -> EXACT;
      case SINCE_SESSION -> SINCE_SESSION;
      case NEVER -> SAFEPOINTS;
    };
  }
}
