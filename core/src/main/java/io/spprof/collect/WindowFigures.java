package io.spprof.collect;

import io.spprof.profile.DropCounts;
import io.spprof.profile.ProfilerStats;

/**
 * The counters that a profile shows in addition to its samples. They cover one window of a session,
 * or the whole session. {@link Windows} makes one for each window that it closes, and their sums
 * for the exporters.
 *
 * @param signals signals that reached the handler
 * @param dropped signals whose sample is in no profile, by reason
 * @param unwalkable collected samples whose stack could not be walked; their stack is one synthetic
 *     frame that names the cause
 * @param droppedCpuNanos CPU time that is in no profile, ns
 * @param unseenCpuNanos the part of {@code droppedCpuNanos} for which there was no signal, ns
 * @param overheadCpuNanos CPU time of handlers and of the profiler's own threads, ns
 * @param shortestIntervalNanos the shortest sampling interval that was in force, ns. In the
 *     counters of a whole session it covers only the time since the last window was closed
 * @param longestIntervalNanos the longest such interval, ns; 0 if no interval was in force
 */
public record WindowFigures(
    long signals,
    DropCounts dropped,
    long unwalkable,
    long droppedCpuNanos,
    long unseenCpuNanos,
    long overheadCpuNanos,
    long shortestIntervalNanos,
    long longestIntervalNanos) {

  /** Nothing yet. */
  public static final WindowFigures ZERO =
      new WindowFigures(0, DropCounts.NONE, 0, 0, 0, 0, Long.MAX_VALUE, 0);

  /**
   * A session's, up to now.
   *
   * @param session its figures
   * @param shortestIntervalNanos the shortest interval since the last window was closed, ns
   * @param longestIntervalNanos the longest one, ns
   * @return not null
   */
  public static WindowFigures of(
      ProfilerStats session, long shortestIntervalNanos, long longestIntervalNanos) {
    return new WindowFigures(
        session.counters().signals(),
        session.counters().dropped(),
        session.counters().unwalkableSamples(),
        session.counters().droppedCpuNanos(),
        session.counters().unseenCpuNanos(),
        session.counters().overheadCpuNanos(),
        shortestIntervalNanos,
        longestIntervalNanos);
  }

  WindowFigures plus(WindowFigures other) {
    return new WindowFigures(
        signals + other.signals,
        dropped.plus(other.dropped),
        unwalkable + other.unwalkable,
        droppedCpuNanos + other.droppedCpuNanos,
        unseenCpuNanos + other.unseenCpuNanos,
        overheadCpuNanos + other.overheadCpuNanos,
        Math.min(shortestIntervalNanos, other.shortestIntervalNanos),
        Math.max(longestIntervalNanos, other.longestIntervalNanos));
  }

  WindowFigures minus(WindowFigures other) {
    return new WindowFigures(
        signals - other.signals,
        dropped.minus(other.dropped),
        unwalkable - other.unwalkable,
        droppedCpuNanos - other.droppedCpuNanos,
        unseenCpuNanos - other.unseenCpuNanos,
        overheadCpuNanos - other.overheadCpuNanos,
        shortestIntervalNanos,
        longestIntervalNanos);
  }
}
