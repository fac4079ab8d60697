package io.spprof.collect;

/**
 * How far back the samples of a session go, in windows of time.
 *
 * @param sinceNanos the beginning of the oldest window, ns after the session's start
 * @param windows number of windows, the open one included
 * @param finestNanos length of the shortest closed window, ns; 0 if none is closed
 * @param coarsestNanos length of the longest closed window, ns; 0 if none is closed
 */
public record Extent(long sinceNanos, int windows, long finestNanos, long coarsestNanos) {

  /** The extent of a session whose first window is open. */
  static final Extent FIRST_WINDOW = new Extent(0, 1, 0, 0);
}
