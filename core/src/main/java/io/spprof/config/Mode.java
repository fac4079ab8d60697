package io.spprof.config;

/** How a session keeps its samples. */
public enum Mode {
  /** As one whole, until a stop. */
  SESSION,

  /** In windows of time, the last ones for as long as the options say, until a stop. */
  CONTINUOUS
}
