package io.spprof.profile;

/**
 * How much of its past a session still has. A session without time windows has one window, from its
 * start on.
 *
 * @param fromMillis since when all samples are in the profile, milliseconds since the epoch; 0 when
 *     there was no session
 * @param toMillis until when, in the same unit: now, or the session's end
 * @param windows number of time windows, the one that is being filled included
 * @param finestSeconds length of the shortest closed window, s; 0 if none is closed
 * @param coarsestSeconds length of the longest closed window, s: old ones are merged
 */
public record Kept(
    long fromMillis, long toMillis, int windows, double finestSeconds, double coarsestSeconds) {

  /** Nothing. */
  public static final Kept NONE = new Kept(0, 0, 0, 0, 0);
}
