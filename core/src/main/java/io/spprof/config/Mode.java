package io.spprof.config;

/** How a session keeps its samples: all together, or in windows of time. */
public enum Mode {
  /**
   * All samples are kept together. The session runs until a stop, or until its duration is over.
   */
  SESSION,

  /**
   * Samples are kept in windows of time. The session runs until a stop; its options set how long
   * windows are kept.
   */
  CONTINUOUS
}
