package io.spprof.profile;

/**
 * The part of a session's past that the profiler still keeps. A continuous session keeps its past
 * in windows of time. Any other session has one window, which begins at the session's start.
 *
 * @param fromMillis the time since which all samples are kept, in milliseconds since the epoch; 0
 *     before the first session
 * @param toMillis the end of this time, in milliseconds since the epoch: now, or the session's end
 * @param windows the number of windows, including the open one
 * @param finestSeconds the length of the shortest closed window, in seconds; 0 if no window is
 *     closed
 * @param coarsestSeconds the length of the longest closed window, in seconds; it grows, because old
 *     windows are merged
 */
public record Kept(
    long fromMillis, long toMillis, int windows, double finestSeconds, double coarsestSeconds) {

  /** The value before the first session: nothing is kept. */
  public static final Kept NONE = new Kept(0, 0, 0, 0, 0);
}
