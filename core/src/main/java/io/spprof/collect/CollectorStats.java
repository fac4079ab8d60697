package io.spprof.collect;

/**
 * What the collector has counted at the end of its last pass.
 *
 * @param collected samples that are in the profile
 * @param unwalkable those of them that stand under a synthetic frame for want of a stack
 * @param stackTableFull samples for which the tables had no room
 * @param collectorError samples that could not be stored for another reason
 * @param sampledCpuNanos CPU time of the collected samples, ns
 * @param droppedCpuNanos CPU time of the others, ns
 * @param ownCpuNanos CPU time that collecting took, ns
 * @param uniqueStacks distinct stacks
 */
public record CollectorStats(
    long collected,
    long unwalkable,
    long stackTableFull,
    long collectorError,
    long sampledCpuNanos,
    long droppedCpuNanos,
    long ownCpuNanos,
    int uniqueStacks) {

  /** Nothing collected. */
  public static final CollectorStats ZERO = new CollectorStats(0, 0, 0, 0, 0, 0, 0, 0);
}
