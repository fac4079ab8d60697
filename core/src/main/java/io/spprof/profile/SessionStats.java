package io.spprof.profile;

import io.spprof.config.ProfilerConfig;

/**
 * The figures of one session: running ones change from call to call, those of an ended session are
 * final.
 *
 * @param id 1 for a profiler's first session, then counting up; 0 when there was none yet
 * @param options the session's effective options, see {@link ProfilerConfig#toOptions()}; "" when
 *     there was none yet
 * @param startTimeMillis wall clock at the start, milliseconds since the epoch; 0 when there was
 *     none
 * @param durationMillis how long it has been sampling, or sampled, in milliseconds
 * @param collected samples in the profile
 * @param dropped signals that are in no profile
 * @param overheadPercent the model: {@code collected + dropped signals × 25 µs ÷ elapsed}, percent
 *     of one CPU, 0–100
 * @param measuredOverheadPercent CPU time spent in signal handlers and in the profiler's own
 *     threads ÷ elapsed, percent of one CPU, 0–100
 */
public record SessionStats(
    long id,
    String options,
    long startTimeMillis,
    long durationMillis,
    long collected,
    long dropped,
    double overheadPercent,
    double measuredOverheadPercent) {

  /** What stands for "no session yet". */
  public static final SessionStats NONE = new SessionStats(0, "", 0, 0, 0, 0, 0, 0);
}
