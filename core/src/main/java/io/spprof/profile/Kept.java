package io.spprof.profile;

/**
 * The part of a session's past that is kept, in windows of time. A session that is not continuous
 * has one window, which begins at its start.
 *
 * @param fromMillis the time since which all samples are in the profile, milliseconds since the
 *     epoch; 0 before the first session
 * @param toMillis the end of this time, milliseconds since the epoch: now, or the session's end
 * @param windows number of windows, the open one included
 * @param finestSeconds length of the shortest closed window, s; 0 if none is closed
 * @param coarsestSeconds length of the longest closed window, s, which grows because old windows
 *     are merged
 */
public record Kept(
    long fromMillis, long toMillis, int windows, double finestSeconds, double coarsestSeconds) {

  /** Nothing is kept, because there was no session. */
  public static final Kept NONE = new Kept(0, 0, 0, 0, 0);
}
