package io.spprof.profile;

/**
 * The part of a session's past for which the profiler still has samples. A continuous session
 * divides its past into windows of time, merges old windows, and drops the oldest. Any other
 * session has one window, which begins at the session's start.
 *
 * @param fromMillis the start of the kept part, in milliseconds since the epoch; no sample after it
 *     is missing because of its age; 0 before the first session
 * @param toMillis the end of the kept part, in milliseconds since the epoch: now, or the session's
 *     end; 0 before the first session
 * @param windows the number of windows, including the open one, which also an ended session has
 * @param finestSeconds the length of the shortest closed window, in seconds; 0 if no window is
 *     closed
 * @param coarsestSeconds the length of the longest closed window, in seconds; 0 if no window is
 *     closed. Merging makes it longer
 */
public record Kept(
    long fromMillis, long toMillis, int windows, double finestSeconds, double coarsestSeconds) {

  /** The value before the first session: nothing is kept. */
  public static final Kept NONE = new Kept(0, 0, 0, 0, 0);
}
