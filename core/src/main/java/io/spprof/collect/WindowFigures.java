package io.spprof.collect;

import io.spprof.profile.DropCounts;
import io.spprof.profile.ProfilerStats;

/**
 * What is counted beside the samples, from a session's start or over a stretch of it.
 *
 * @param signals signals that reached the handler
 * @param dropped those in no profile, by reason
 * @param unwalkable collected samples that stand under a synthetic frame
 * @param droppedCpuNanos CPU time that is in no profile, ns
 * @param unseenCpuNanos the part of it that no signal stands for, ns
 * @param overheadCpuNanos CPU time of handlers and of the profiler's own threads, ns
 * @param shortestIntervalNanos the shortest sampling interval in force meanwhile, ns; of what
 *     counts from a session's start: since the last window was closed
 * @param longestIntervalNanos the longest one, ns; 0 if there was none
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
