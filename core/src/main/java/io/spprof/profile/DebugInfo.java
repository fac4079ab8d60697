package io.spprof.profile;

import io.spprof.sampler.DebugNonSafepoints;

/** How exactly compiled code told which of its methods was running. */
public enum DebugInfo {
  /** At every instruction. */
  EXACT,
  /** At every instruction of code compiled since the session began, else at safepoints. */
  SINCE_SESSION,
  /** At safepoints: what lies between two of them is told as the second one. */
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
