package io.spprof.collect;

import io.spprof.profile.CategoryTimes;
import io.spprof.sampler.Drops;

/**
 * The counters of the {@link Collector} at the end of its last pass. A pass is one reading of the
 * ring.
 *
 * @param collected samples that are in the profile
 * @param unwalkable collected samples that have a synthetic frame, because the walk of their stack
 *     failed
 * @param dropped samples that are in no profile, by reason
 * @param sampled CPU time of the collected samples in nanoseconds, by what it was used for
 * @param droppedCpuNanos CPU time of the samples that were not collected, in nanoseconds
 * @param ownCpuNanos CPU time of the thread that collects, in nanoseconds
 * @param uniqueStacks distinct stacks
 */
public record CollectorStats(
    long collected,
    long unwalkable,
    Drops dropped,
    CategoryTimes sampled,
    long droppedCpuNanos,
    long ownCpuNanos,
    int uniqueStacks) {

  /** All counters are zero. */
  public static final CollectorStats ZERO =
      new CollectorStats(0, 0, Drops.NONE, CategoryTimes.NONE, 0, 0, 0);

  /** Returns these counters with another CPU time of the thread that collects, in nanoseconds. */
  CollectorStats withOwnCpuNanos(long nanos) {
    return new CollectorStats(
        collected, unwalkable, dropped, sampled, droppedCpuNanos, nanos, uniqueStacks);
  }

  /**
   * Returns the CPU time of the collected samples.
   *
   * @return the sum over all categories, in nanoseconds
   */
  public long sampledCpuNanos() {
    return sampled.total();
  }
}
