package io.spprof.collect;

/**
 * Describes how far back the samples of a session go, in windows of time.
 *
 * @param sinceNanos the beginning of the oldest window, in nanoseconds after the session's start
 * @param windows the number of windows, including the open one
 * @param finestNanos the length of the shortest closed window, in nanoseconds; 0 if none is closed
 * @param coarsestNanos the length of the longest closed window, in nanoseconds; 0 if none is closed
 */
public record Extent(long sinceNanos, int windows, long finestNanos, long coarsestNanos) {

  /** The extent of a session whose first window is open. */
  static final Extent FIRST_WINDOW = new Extent(0, 1, 0, 0);
}
