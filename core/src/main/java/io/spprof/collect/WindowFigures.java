package io.spprof.collect;

import io.spprof.DropCounts;
import io.spprof.ProfilerStats;

/**
 * What is counted beside the samples, from a session's start or over a stretch of it.
 *
 * @param signals signals that reached the handler
 * @param dropped those in no profile, by reason
 * @param unwalkable collected samples that stand under a synthetic frame
 * @param droppedCpuNanos CPU time that the drops stand for, ns
 * @param overheadCpuNanos CPU time of handlers and of the profiler's own threads, ns
 */
public record WindowFigures(
    long signals,
    DropCounts dropped,
    long unwalkable,
    long droppedCpuNanos,
    long overheadCpuNanos) {

  /** Nothing yet. */
  public static final WindowFigures ZERO = new WindowFigures(0, DropCounts.NONE, 0, 0, 0);

  /**
   * A session's, up to now.
   *
   * @param session its figures
   * @return not null
   */
  public static WindowFigures of(ProfilerStats session) {
    return new WindowFigures(
        session.signals(),
        session.dropped(),
        session.unwalkableSamples(),
        session.droppedCpuNanos(),
        session.overheadCpuNanos());
  }

  WindowFigures plus(WindowFigures other) {
    return new WindowFigures(
        signals + other.signals,
        dropped.plus(other.dropped),
        unwalkable + other.unwalkable,
        droppedCpuNanos + other.droppedCpuNanos,
        overheadCpuNanos + other.overheadCpuNanos);
  }

  WindowFigures minus(WindowFigures other) {
    return new WindowFigures(
        signals - other.signals,
        dropped.minus(other.dropped),
        unwalkable - other.unwalkable,
        droppedCpuNanos - other.droppedCpuNanos,
        overheadCpuNanos - other.overheadCpuNanos);
  }
}
