package io.spprof.profile;

import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;

/**
 * A profiler's figures (counters, gauges and settings) at one moment. {@code signals =
 * collectedSamples + dropped.total() + samples still in the buffer} always holds while no session
 * runs. While one runs, {@code signals} can be larger by the number of handlers in flight.
 *
 * @param counters count from the profiler's creation and never decrease
 * @param gauges are 0 when no session runs, except {@link Gauges#uniqueStacks} and {@link
 *     Gauges#memoryUsedBytes}: the last profile stays in memory
 * @param rates how fast counters grow now; all 0 when no session runs
 * @param setup the settings of the running session; if none is running, of the last one; before the
 *     first session, the defaults
 * @param session the running or the last session
 */
public record ProfilerStats(
    Counters counters, Gauges gauges, Rates rates, Setup setup, SessionStats session) {

  /**
   * The counters. Each counter is 0 or more; a time of {@link KernelTimes} can also be not known.
   *
   * @param sessionsStarted sessions that started
   * @param signals sampling signals that reached the handler
   * @param collectedSamples samples that are in a profile
   * @param dropped signals that are in no profile, by reason
   * @param unwalkableSamples collected samples whose stack could not be walked; in the profile they
   *     have a synthetic frame that names the cause
   * @param sampled CPU time that the collected samples stand for, by what it was used for
   * @param droppedCpuNanos CPU time that is in no profile, in nanoseconds: the CPU time that
   *     dropped signals stand for, timer expiries that were due but not signalled when a thread or
   *     a session ended, and unseen CPU time
   * @param unseenCpuNanos the part of {@code droppedCpuNanos} that no signal stands for, in
   *     nanoseconds: of threads that ended before they were found, of the last part of a thread's
   *     life, and of threads without a timer
   * @param overheadCpuNanos CPU time of signal handlers, of the work at starts and ends of threads,
   *     and of the profiler's own threads, in nanoseconds
   * @param walkNanos time that the stack walks in handlers took, in nanoseconds
   * @param kernel times that the kernel keeps for the process, while sessions ran
   */
  public record Counters(
      long sessionsStarted,
      long signals,
      long collectedSamples,
      Drops dropped,
      long unwalkableSamples,
      CategoryTimes sampled,
      long droppedCpuNanos,
      long unseenCpuNanos,
      long overheadCpuNanos,
      long walkNanos,
      KernelTimes kernel) {

    /** All counters are zero, or not known yet. */
    public static final Counters ZERO =
        new Counters(0, 0, 0, Drops.NONE, 0, CategoryTimes.NONE, 0, 0, 0, 0, KernelTimes.NONE);

    /**
     * Returns the CPU time that the collected samples stand for.
     *
     * @return the sum over all categories, in nanoseconds
     */
    public long sampledCpuNanos() {
      return sampled.total();
    }

    /**
     * Adds the counters one by one.
     *
     * @param other the counters to add, not null
     * @return the sums
     */
    public Counters plus(Counters other) {
      return new Counters(
          sessionsStarted + other.sessionsStarted,
          signals + other.signals,
          collectedSamples + other.collectedSamples,
          dropped.plus(other.dropped),
          unwalkableSamples + other.unwalkableSamples,
          sampled.plus(other.sampled),
          droppedCpuNanos + other.droppedCpuNanos,
          unseenCpuNanos + other.unseenCpuNanos,
          overheadCpuNanos + other.overheadCpuNanos,
          walkNanos + other.walkNanos,
          kernel.plus(other.kernel));
    }
  }

  /**
   * The gauges: numbers that can rise and fall.
   *
   * @param threadsSampled threads with a timer
   * @param threadsFailed threads that could not get a timer
   * @param uniqueStacks distinct stacks in the current profile
   * @param memoryUsedBytes native and heap memory held for samples, in bytes
   */
  public record Gauges(
      int threadsSampled, int threadsFailed, long uniqueStacks, long memoryUsedBytes) {

    /** All gauges are zero. */
    public static final Gauges ZERO = new Gauges(0, 0, 0, 0);
  }

  /**
   * How fast the counters of the running session grow, over the last ten seconds or so. Over a
   * session's first ten seconds, they are the means since its start.
   *
   * @param samplesPerSecond samples collected per second, 0 or more
   * @param dropsPerSecond signals dropped per second, 0 or more
   * @param overheadPercent overhead by the model, in percent of one CPU, 0–100; see {@link
   *     SessionStats#overheadPercent}
   * @param measuredOverheadPercent measured overhead, in percent of one CPU, 0–100; see {@link
   *     Counters#overheadCpuNanos}
   */
  public record Rates(
      double samplesPerSecond,
      double dropsPerSecond,
      double overheadPercent,
      double measuredOverheadPercent) {

    /** No session runs. */
    public static final Rates ZERO = new Rates(0, 0, 0, 0);
  }

  /**
   * The settings that a session uses.
   *
   * @param intervalNanos the interval in force, in nanoseconds
   * @param memoryLimitBytes the bound of the memory held for samples, in bytes
   * @param engine the source of the signals, for instance {@code ctimer}; not null
   * @param walker the code that walks the stacks, for instance {@code agct}; not null
   */
  public record Setup(long intervalNanos, long memoryLimitBytes, String engine, String walker) {}

  /**
   * Returns the figures before the first session.
   *
   * @param setup the settings of the first session
   * @return figures that are zero
   */
  public static ProfilerStats none(Setup setup) {
    return new ProfilerStats(Counters.ZERO, Gauges.ZERO, Rates.ZERO, setup, SessionStats.NONE);
  }

  /**
   * Returns these figures with the counters of earlier sessions added.
   *
   * @param earlier the sums over the earlier sessions, not null
   * @return the figures
   */
  public ProfilerStats after(Counters earlier) {
    return new ProfilerStats(earlier.plus(counters), gauges, rates, setup, session);
  }
}
