package io.spprof.collect;

import io.spprof.profile.ProfilerStats;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;

/**
 * The counts that a profile shows in addition to its samples. They cover one window of a session,
 * several windows, or the whole session.
 *
 * @param signals signals that reached the handler, and CPU time that was due at a thread's end,
 *     which counts as one signal
 * @param dropped signals whose sample is in no profile, by reason
 * @param unwalkable collected samples whose stack could not be walked; they have a synthetic frame
 *     that names the cause
 * @param droppedCpuNanos CPU time that is in no profile, in nanoseconds
 * @param unseenCpuNanos the part of {@code droppedCpuNanos} for which no signal stands, nor will
 *     (unseen.h), in nanoseconds
 * @param overheadCpuNanos CPU time of handlers, of the work at starts and ends of threads, and of
 *     the profiler's own threads, in nanoseconds
 * @param kernel times that the kernel keeps for the process
 * @param shortestIntervalNanos the shortest sampling interval that was in force, in nanoseconds. In
 *     the counts of a whole session it covers only the time since the last window was closed
 * @param longestIntervalNanos the longest sampling interval that was in force, in nanoseconds; 0 if
 *     no interval was in force. In the counts of a whole session it covers the same time as the
 *     shortest interval
 */
public record WindowFigures(
    long signals,
    Drops dropped,
    long unwalkable,
    long droppedCpuNanos,
    long unseenCpuNanos,
    long overheadCpuNanos,
    KernelTimes kernel,
    long shortestIntervalNanos,
    long longestIntervalNanos) {

  /** The counts of a window of no length. */
  public static final WindowFigures ZERO =
      new WindowFigures(0, Drops.NONE, 0, 0, 0, 0, KernelTimes.NONE, Long.MAX_VALUE, 0);

  /**
   * Returns the counts of a session up to now.
   *
   * @param session the figures of the session
   * @param shortestIntervalNanos the shortest interval since the last window was closed, in
   *     nanoseconds
   * @param longestIntervalNanos the longest interval since the last window was closed, in
   *     nanoseconds
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
        session.counters().kernel(),
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
        kernel.plus(other.kernel),
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
        kernel.minus(other.kernel),
        shortestIntervalNanos,
        longestIntervalNanos);
  }
}
