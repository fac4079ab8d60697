package io.spprof;

import io.spprof.profile.DropCounts;
import io.spprof.profile.ProfilerStats;
import io.spprof.session.ProfilerSession;

/**
 * Counters summed over ended sessions.
 *
 * @param sessions how many
 * @param signals signals that reached the handler
 * @param collected samples in a profile
 * @param dropped signals in no profile
 * @param unwalkable collected samples without a stack
 * @param sampledCpuNanos CPU time of the collected samples, ns
 * @param droppedCpuNanos CPU time in no profile, ns
 * @param unseenCpuNanos the part of it that no signal stands for, ns
 * @param overheadCpuNanos CPU time of the profiler, ns
 * @param walkNanos time of the stack walks, ns
 */
record Totals(
    long sessions,
    long signals,
    long collected,
    DropCounts dropped,
    long unwalkable,
    long sampledCpuNanos,
    long droppedCpuNanos,
    long unseenCpuNanos,
    long overheadCpuNanos,
    long walkNanos) {

  static final Totals ZERO = new Totals(0, 0, 0, DropCounts.NONE, 0, 0, 0, 0, 0, 0);

  /** With an ended session added; null adds nothing. */
  Totals plus(ProfilerSession session) {
    if (session == null) {
      return this;
    }
    ProfilerStats s = with(session);
    return new Totals(
        s.sessionsStarted(),
        s.signals(),
        s.collectedSamples(),
        s.dropped(),
        s.unwalkableSamples(),
        s.sampledCpuNanos(),
        s.droppedCpuNanos(),
        s.unseenCpuNanos(),
        s.overheadCpuNanos(),
        s.walkNanos());
  }

  /** The sums with a session's figures: its counters added, its gauges as they are. */
  ProfilerStats with(ProfilerSession session) {
    ProfilerStats s = session == null ? ProfilerSession.NO_STATS : session.stats();
    return new ProfilerStats(
        sessions + s.sessionsStarted(),
        signals + s.signals(),
        collected + s.collectedSamples(),
        dropped.plus(s.dropped()),
        unwalkable + s.unwalkableSamples(),
        sampledCpuNanos + s.sampledCpuNanos(),
        droppedCpuNanos + s.droppedCpuNanos(),
        unseenCpuNanos + s.unseenCpuNanos(),
        overheadCpuNanos + s.overheadCpuNanos(),
        walkNanos + s.walkNanos(),
        s.intervalNanos(),
        s.threadsSampled(),
        s.threadsFailed(),
        s.uniqueStacks(),
        s.memoryUsedBytes(),
        s.memoryLimitBytes(),
        s.engine(),
        s.walker(),
        s.session());
  }
}
