package io.spprof.session;

import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * Converts between the two times of a session. Inside the profiler, time is nanoseconds after the
 * session's start, by a clock that never goes back. Outside, time is the wall clock's, in
 * milliseconds since the epoch. Immutable. Used by any thread.
 */
final class SessionClock {

  /**
   * The greatest distance from 1970 that is converted, in milliseconds: 146 years. The difference
   * between a time within this distance and the session's start fits into a long of nanoseconds.
   */
  private static final long FAR_MILLIS = Long.MAX_VALUE / 2_000_000;

  private final InstantSource wallClock;
  private final long startMillis;
  private final long startNanos;

  /** Creates the clock of a session that starts now. */
  SessionClock(InstantSource wallClock) {
    this.wallClock = wallClock;
    this.startMillis = wallClock.millis();
    this.startNanos = System.nanoTime();
  }

  /** Returns the wall clock's time at the session's start, milliseconds since the epoch. */
  long startMillis() {
    return startMillis;
  }

  /** Returns the time since the session's start in nanoseconds. */
  long elapsedNanos() {
    return System.nanoTime() - startNanos;
  }

  /**
   * Returns the moment of the session's start in nanoseconds since the epoch, computed from the
   * present time of the wall clock. If the wall clock has jumped since the start, the result has
   * jumped with it.
   */
  long epochNanos() {
    long sinceStart = elapsedNanos();
    return TimeUnit.MILLISECONDS.toNanos(wallClock.millis()) - sinceStart;
  }

  /** Converts the session's time to milliseconds since the epoch. */
  static long millis(long epochNanos, long sessionNanos) {
    return TimeUnit.NANOSECONDS.toMillis(epochNanos + sessionNanos);
  }

  /**
   * Converts milliseconds since the epoch to the session's time. Long.MIN_VALUE and Long.MAX_VALUE
   * stay unchanged.
   */
  static long sessionNanos(long millis, long epochNanos) {
    return millis == Long.MIN_VALUE || millis == Long.MAX_VALUE
        ? millis
        : TimeUnit.MILLISECONDS.toNanos(Math.max(-FAR_MILLIS, Math.min(FAR_MILLIS, millis)))
            - epochNanos;
  }
}
