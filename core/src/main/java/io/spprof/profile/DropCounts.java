package io.spprof.profile;

import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;

/**
 * The counts of {@link Drops}, with a component for each {@link DropReason}. The bean publishes
 * this record as its attribute DroppedByReason, whose items are the components. Clients see the
 * name of this class as the name of the attribute's type.
 *
 * @param bufferFull signals, {@link DropReason#BUFFER_FULL}
 * @param walkBuffersBusy signals, {@link DropReason#WALK_BUFFERS_BUSY}
 * @param late signals, {@link DropReason#LATE}
 * @param foreign signals, {@link DropReason#FOREIGN}
 * @param stackTableFull signals, {@link DropReason#STACK_TABLE_FULL}
 * @param collectorError signals, {@link DropReason#COLLECTOR_ERROR}
 */
public record DropCounts(
    long bufferFull,
    long walkBuffersBusy,
    long late,
    long foreign,
    long stackTableFull,
    long collectorError) {

  /**
   * Creates an object with the same counts.
   *
   * @param drops the counts, not null
   * @return not null
   */
  public static DropCounts of(Drops drops) {
    return new DropCounts(
        drops.of(DropReason.BUFFER_FULL),
        drops.of(DropReason.WALK_BUFFERS_BUSY),
        drops.of(DropReason.LATE),
        drops.of(DropReason.FOREIGN),
        drops.of(DropReason.STACK_TABLE_FULL),
        drops.of(DropReason.COLLECTOR_ERROR));
  }
}
