package io.spprof.session;

import io.spprof.budget.Overhead;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.ProfilerStats.Rates;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * Computes how fast the counters of a running session grow: over the last ten to eleven seconds, or
 * since the session's start if the start was less than ten seconds ago. An old session therefore
 * shows what happens now, and not the mean of a week.
 *
 * <p>The session's thread adds the present counts once a second. Any thread may compute the rates.
 * The earlier counts, from which they are computed, are one immutable object, which a volatile
 * field publishes.
 */
final class RecentRates {

  /** The shortest time over which rates are computed, in seconds, except after a start. */
  static final int SECONDS = 10;

  private static final long SECONDS_NANOS = TimeUnit.SECONDS.toNanos(SECONDS);

  /**
   * The counts at one moment.
   *
   * @param nanos the moment, in nanoseconds after the session's start
   * @param counters the session's counters since its start
   */
  record Point(long nanos, ProfilerStats.Counters counters) {
    static final Point START = new Point(0, ProfilerStats.Counters.ZERO);
  }

  private final ArrayDeque<Point> later = new ArrayDeque<>(); // used by the session's thread only
  private volatile Point from = Point.START; // the beginning of the time over which rates are taken

  /**
   * Adds the present counts. Called about once a second, by the session's thread.
   *
   * @param now later than at the last call
   */
  void add(Point now) {
    later.addLast(now);
    while (later.getFirst().nanos() <= now.nanos() - SECONDS_NANOS) {
      from = later.removeFirst();
    }
  }

  /**
   * Returns the rates up to now.
   *
   * @param now the present counts
   */
  Rates until(Point now) {
    Point since = from;
    long nanos = Math.max(1, now.nanos() - since.nanos());
    ProfilerStats.Counters past = since.counters();
    ProfilerStats.Counters present = now.counters();
    return new Rates(
        perSecond(present.collectedSamples() - past.collectedSamples(), nanos),
        perSecond(present.dropped().total() - past.dropped().total(), nanos),
        Overhead.model(present.signals() - past.signals(), nanos),
        Overhead.measured(present.overheadCpuNanos() - past.overheadCpuNanos(), nanos));
  }

  private static double perSecond(long count, long nanos) {
    return Math.max(0, count) * 1e9 / nanos;
  }
}
