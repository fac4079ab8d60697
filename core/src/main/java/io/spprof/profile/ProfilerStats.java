package io.spprof.profile;

/**
 * A profiler's figures of one moment. {@code signals = collectedSamples + dropped.total() + samples
 * still in the buffer}: exactly when no session runs, and at any other time up to the handlers that
 * are half-way.
 *
 * @param counters count from the profiler's creation and never go back
 * @param gauges are 0 when no session runs, but for {@link Gauges#uniqueStacks}
 * @param setup what the running session works with; else the last one, else a default one
 * @param session the running or the last session
 */
public record ProfilerStats(Counters counters, Gauges gauges, Setup setup, SessionStats session) {

  /**
   * What is counted. Every figure is 0 or more.
   *
   * @param sessionsStarted sessions that started
   * @param signals sampling signals that reached the handler
   * @param collectedSamples samples that are in a profile
   * @param dropped signals that are in no profile, by reason
   * @param unwalkableSamples collected samples whose stack could not be walked; they stand in the
   *     profile under a synthetic frame that names the cause
   * @param sampledCpuNanos CPU time that the collected samples stand for, ns
   * @param droppedCpuNanos CPU time that is in no profile: what the drops stand for, timer
   *     expirations that were due but never signalled when a thread or a session ended, and what is
   *     unseen, ns
   * @param unseenCpuNanos the part of it that no signal stands for, of threads that ended before
   *     they were found, in their last stretch, or without a timer, ns
   * @param overheadCpuNanos CPU time spent in handlers and in the profiler's own threads, ns
   * @param walkNanos time that the stack walks in handlers took, ns
   */
  public record Counters(
      long sessionsStarted,
      long signals,
      long collectedSamples,
      DropCounts dropped,
      long unwalkableSamples,
      long sampledCpuNanos,
      long droppedCpuNanos,
      long unseenCpuNanos,
      long overheadCpuNanos,
      long walkNanos) {

    /** Nothing counted. */
    public static final Counters ZERO = new Counters(0, 0, 0, DropCounts.NONE, 0, 0, 0, 0, 0, 0);

    /**
     * Adds figure by figure.
     *
     * @param other what to add, not null
     * @return the sums
     */
    public Counters plus(Counters other) {
      return new Counters(
          sessionsStarted + other.sessionsStarted,
          signals + other.signals,
          collectedSamples + other.collectedSamples,
          dropped.plus(other.dropped),
          unwalkableSamples + other.unwalkableSamples,
          sampledCpuNanos + other.sampledCpuNanos,
          droppedCpuNanos + other.droppedCpuNanos,
          unseenCpuNanos + other.unseenCpuNanos,
          overheadCpuNanos + other.overheadCpuNanos,
          walkNanos + other.walkNanos);
    }
  }

  /**
   * What there is at this moment.
   *
   * @param threadsSampled threads with a timer
   * @param threadsFailed threads that could not get a timer
   * @param uniqueStacks distinct stacks in the current profile
   * @param memoryUsedBytes native and heap memory held for samples, bytes
   */
  public record Gauges(
      int threadsSampled, int threadsFailed, long uniqueStacks, long memoryUsedBytes) {

    /** Nothing there. */
    public static final Gauges ZERO = new Gauges(0, 0, 0, 0);
  }

  /**
   * What a session works with.
   *
   * @param intervalNanos the interval in force, ns
   * @param memoryLimitBytes the bound of the memory held for samples, bytes
   * @param engine what makes the signals, for instance {@code ctimer}; not null
   * @param walker what walks the stacks, for instance {@code agct}; not null
   */
  public record Setup(long intervalNanos, long memoryLimitBytes, String engine, String walker) {}

  /**
   * The figures when there was no session yet.
   *
   * @param setup what the next one works with
   * @return zeros
   */
  public static ProfilerStats none(Setup setup) {
    return new ProfilerStats(Counters.ZERO, Gauges.ZERO, setup, SessionStats.NONE);
  }

  /**
   * The same, with counters of earlier sessions added.
   *
   * @param earlier their sums, not null
   * @return the figures
   */
  public ProfilerStats after(Counters earlier) {
    return new ProfilerStats(earlier.plus(counters), gauges, setup, session);
  }
}
