package io.spprof.profile;

import java.util.List;

/**
 * The hottest methods of a stretch of a session's time.
 *
 * @param fromMillis the beginning of the stretch, in milliseconds since the epoch; 0 before the
 *     first session
 * @param toMillis the end of the stretch, in milliseconds since the epoch
 * @param samples the number of samples in the stretch
 * @param methods at most 20 methods, the one with the most self time first; not null
 */
public record HotMethods(long fromMillis, long toMillis, long samples, List<HotMethod> methods) {

  /** The value before the first session. */
  public static final HotMethods NONE = new HotMethods(0, 0, 0, List.of());

  /** Which part of a session's time a list is of. */
  public enum Stretch {
    /** The last ten seconds of the session. */
    LAST_TEN_SECONDS(10),
    /** The last minute of the session. */
    LAST_MINUTE(60),
    /** The session since its start. */
    ALL(Long.MAX_VALUE);

    private final long seconds;

    Stretch(long seconds) {
      this.seconds = seconds;
    }

    /**
     * Returns the length of the stretch.
     *
     * @return seconds; Long.MAX_VALUE for all of the session
     */
    public long seconds() {
      return seconds;
    }
  }
}
