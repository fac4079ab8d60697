package io.spprof.export;

import io.spprof.profile.DropCounts;
import java.util.List;

/** The reasons of {@link DropCounts}, with what each means to a reader of an export. */
final class DropReasons {

  /**
   * One reason.
   *
   * @param key the field of {@link DropCounts}
   * @param signals how many
   * @param meaning what happened, in a few words
   */
  record Reason(String key, long signals, String meaning) {}

  /** What stands for CPU time without a signal. */
  static final String UNSEEN =
      "threads that ended before they were found, or after their last signal, or have no timer";

  private DropReasons() {}

  /** All reasons, those without drops included, in the order of the fields. */
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
