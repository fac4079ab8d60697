package io.spprof.profile;

/**
 * Counts of the sampling signals that are in no profile, by reason. Every figure is a count of
 * signals, 0 or more.
 *
 * @param bufferFull the ring buffer had no room, because the collector was delayed or the load is
 *     extreme
 * @param walkBuffersBusy all walk buffers were in use by interrupted handlers
 * @param late the signal arrived when its session was already being stopped
 * @param foreign the SIGPROF was not sent by the profiler's timers
 * @param stackTableFull the sample had a new stack or thread, for which {@code memory} left no room
 * @param collectorError the collector could not store the sample, for instance because the heap was
 *     full
 */
public record DropCounts(
    long bufferFull,
    long walkBuffersBusy,
    long late,
    long foreign,
    long stackTableFull,
    long collectorError) {

  /** Counts of 0. */
  public static final DropCounts NONE = new DropCounts(0, 0, 0, 0, 0, 0);

  /**
   * Returns the sum over all reasons.
   *
   * @return signals, 0 or more
   */
  public long total() {
    return bufferFull + walkBuffersBusy + late + foreign + stackTableFull + collectorError;
  }

  /**
   * Adds the counts of each reason.
   *
   * @param other the counts to add, not null
   * @return the sums
   */
  public DropCounts plus(DropCounts other) {
    return new DropCounts(
        bufferFull + other.bufferFull,
        walkBuffersBusy + other.walkBuffersBusy,
        late + other.late,
        foreign + other.foreign,
        stackTableFull + other.stackTableFull,
        collectorError + other.collectorError);
  }

  /**
   * Subtracts the counts of each reason.
   *
   * @param other the counts to subtract, not null
   * @return the differences
   */
  public DropCounts minus(DropCounts other) {
    return new DropCounts(
        bufferFull - other.bufferFull,
        walkBuffersBusy - other.walkBuffersBusy,
        late - other.late,
        foreign - other.foreign,
        stackTableFull - other.stackTableFull,
        collectorError - other.collectorError);
  }
}
