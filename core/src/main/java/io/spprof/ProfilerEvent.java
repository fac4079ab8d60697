package io.spprof;

import io.spprof.profile.SessionStats;
import io.spprof.sampler.Drops;

/** An event in the life of a {@link Profiler}, which the profiler sends to its listener. */
public sealed interface ProfilerEvent {

  /**
   * The state changed.
   *
   * @param before the state that was left
   * @param after the state that was entered
   */
  record StateChanged(ProfilerState before, ProfilerState after) implements ProfilerEvent {}

  /**
   * A session ended because its duration was over.
   *
   * @param session the session's final figures
   */
  record SessionExpired(SessionStats session) implements ProfilerEvent {}

  /**
   * Signals were dropped. Sent at most once in ten seconds.
   *
   * @param sessionId the session
   * @param dropped signals dropped in the session up to now, by reason
   */
  record SamplesDropped(long sessionId, Drops dropped) implements ProfilerEvent {}

  /**
   * The measured overhead over the last second exceeded {@link #LIMIT_PERCENT}. Sent at most once
   * in ten seconds.
   *
   * @param sessionId the session
   * @param measuredPercent CPU time of the profiler over the last second, percent of one CPU
   */
  record OverheadExceeded(long sessionId, double measuredPercent) implements ProfilerEvent {
    /** Percent of one CPU above which the event is sent. */
    public static final double LIMIT_PERCENT = 5;
  }
}
