package io.spprof.profile;

/**
 * The figures of one session: counts, times and overheads. An object is a snapshot. While the
 * session runs, each new snapshot has new figures; after its end, all have the same, final figures.
 *
 * @param id the session's number: 1 for a profiler's first session, then counting up; 0 before the
 *     first session
 * @param options the session's effective options, see {@code ProfilerConfig.toOptions()}; "" before
 *     the first session
 * @param startTimeMillis the wall clock at the start, in milliseconds since the epoch; 0 before the
 *     first session
 * @param durationMillis how long the session has been sampling, or sampled, in milliseconds
 * @param collected samples in the profile
 * @param dropped signals that are in no profile
 * @param overheadPercent overhead by the model: {@code signals × 25 µs ÷ elapsed time}, in percent
 *     of one CPU, 0–100
 * @param measuredOverheadPercent measured overhead: {@code overhead CPU time ÷ elapsed time}, in
 *     percent of one CPU, 0–100; see {@link ProfilerStats.Counters#overheadCpuNanos}
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

  /** The figures before the first session. */
  public static final SessionStats NONE = new SessionStats(0, "", 0, 0, 0, 0, 0, 0);
}
