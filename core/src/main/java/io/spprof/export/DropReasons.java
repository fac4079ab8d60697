package io.spprof.export;

import io.spprof.profile.DropCounts;
import java.util.List;

/**
 * Lists the drop reasons, with a short explanation of each for the readers of an export. A drop
 * reason is why a sampling signal is in no profile; {@link DropCounts} counts signals by reason.
 */
final class DropReasons {

  /**
   * One drop reason.
   *
   * @param key the field of {@link DropCounts}
   * @param signals the number of signals dropped for this reason
   * @param meaning a short explanation
   */
  record Reason(String key, long signals, String meaning) {}

  /** Explains where CPU time without a signal comes from. */
  static final String UNSEEN =
      "threads that ended before they were found, or after their last signal, or have no timer";

  private DropReasons() {}

  /**
   * Returns all drop reasons in the order of the fields of {@link DropCounts}, also those without
   * drops.
   */
  static List<Reason> of(DropCounts drops) {
    return List.of(
        new Reason("bufferFull", drops.bufferFull(), "the ring buffer had no room"),
        new Reason("walkBuffersBusy", drops.walkBuffersBusy(), "no walk buffer was free"),
        new Reason("late", drops.late(), "arrived while the session was being stopped"),
        new Reason("foreign", drops.foreign(), "a SIGPROF of somebody else's"),
        new Reason("stackTableFull", drops.stackTableFull(), "'memory' left no room for the stack"),
        new Reason("collectorError", drops.collectorError(), "the collector could not store it"));
  }
}
