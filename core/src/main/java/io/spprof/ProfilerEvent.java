package io.spprof;

import io.spprof.profile.DropCounts;
import io.spprof.profile.SessionStats;

/** Something that happened in a {@link Profiler}. */
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
   * @param session its final figures
   */
  record SessionExpired(SessionStats session) implements ProfilerEvent {}

  /**
   * Signals were dropped. At most once in ten seconds.
   *
   * @param sessionId the session
   * @param dropped signals dropped in the session up to now, by reason
   */
  record SamplesDropped(long sessionId, DropCounts dropped) implements ProfilerEvent {}

  /**
   * The measured overhead passed {@link #LIMIT_PERCENT} over the last second. At most once in ten
   * seconds.
   *
   * @param sessionId the session
   * @param measuredPercent CPU time of the profiler over the last second, percent of one CPU
   */
  record OverheadExceeded(long sessionId, double measuredPercent) implements ProfilerEvent {
    /** Percent of one CPU above which the event is sent. */
    public static final double LIMIT_PERCENT = 5;
  }
}
