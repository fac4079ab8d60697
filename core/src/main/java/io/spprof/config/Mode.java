package io.spprof.config;

/** How a session keeps its samples. */
public enum Mode {
  /** Keeps all samples together, until a stop. */
  SESSION,

  /** Keeps samples in windows of time, until a stop. The options set how long windows are kept. */
  CONTINUOUS
}
