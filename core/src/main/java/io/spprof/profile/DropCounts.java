package io.spprof.profile;

/**
 * Sampling signals that are in no profile, by reason. Every figure is a count of signals, 0 or
 * more.
 *
 * @param bufferFull the ring buffer had no room: the collector was held up, or the load is extreme
 * @param walkBuffersBusy more handlers were interrupted half-way than there are walk buffers
 * @param late the signal arrived when its session was already being stopped
 * @param foreign a SIGPROF that none of our timers sent
 * @param stackTableFull a new stack or thread for which {@code memory} left no room
 * @param collectorError the collector could not store the sample (out of heap, for instance)
 */
public record DropCounts(
    long bufferFull,
    long walkBuffersBusy,
    long late,
    long foreign,
    long stackTableFull,
    long collectorError) {

  /** Nothing dropped. */
  public static final DropCounts NONE = new DropCounts(0, 0, 0, 0, 0, 0);

  /**
   * The sum over all reasons.
   *
   * @return signals, 0 or more
   */
  public long total() {
    return bufferFull + walkBuffersBusy + late + foreign + stackTableFull + collectorError;
  }

  /**
   * Adds reason by reason.
   *
   * @param other what to add, not null
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
   * Subtracts reason by reason.
   *
   * @param other what to subtract, not null
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
