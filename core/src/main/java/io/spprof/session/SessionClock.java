package io.spprof.session;

import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * The time of one session. Inside, it is nanoseconds after the session's start, by a clock that
 * never goes back. Outside, it is the wall clock's, in milliseconds since the epoch. Immutable.
 * Used by any thread.
 */
final class SessionClock {

  /**
   * No time that is farther from 1970 (146 years) is converted: its nanoseconds, less the start's,
   * fit a long.
   */
  private static final long FAR_MILLIS = Long.MAX_VALUE / 2_000_000;

  private final InstantSource wallClock;
  private final long startMillis;
  private final long startNanos;

  /** The session starts now. */
  SessionClock(InstantSource wallClock) {
    this.wallClock = wallClock;
    this.startMillis = wallClock.millis();
    this.startNanos = System.nanoTime();
  }

  /** The wall clock at the start, milliseconds since the epoch. */
  long startMillis() {
    return startMillis;
  }

  /** Time since the start, ns. */
  long elapsedNanos() {
    return System.nanoTime() - startNanos;
  }

  /**
   * When the session began, computed from what the wall clock shows now, in ns since the epoch.
   * After the wall clock has jumped, times follow its present.
   */
  long epochNanos() {
    long sinceStart = elapsedNanos();
    return TimeUnit.MILLISECONDS.toNanos(wallClock.millis()) - sinceStart;
  }

  /** The session's time as milliseconds since the epoch. */
  static long millis(long epochNanos, long sessionNanos) {
    return TimeUnit.NANOSECONDS.toMillis(epochNanos + sessionNanos);
  }

  /** Milliseconds since the epoch as the session's time; the two extremes stay what they are. */
  static long sessionNanos(long millis, long epochNanos) {
    return millis == Long.MIN_VALUE || millis == Long.MAX_VALUE
        ? millis
        : TimeUnit.MILLISECONDS.toNanos(Math.max(-FAR_MILLIS, Math.min(FAR_MILLIS, millis)))
            - epochNanos;
  }
}
