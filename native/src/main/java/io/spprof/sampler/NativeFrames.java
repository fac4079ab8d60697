package io.spprof.sampler;

/** Which frames of native code stand in a profile, the option {@code native}. */
public enum NativeFrames {
  /**
   * Those above the Java method that called native code or the JVM, and all frames of threads
   * without Java code. Only the walker {@code vm} can read them.
   */
  ALL,
  /** None. */
  NONE
}
