package io.spprof.sampler;

/**
 * A drop reason: why a sampling signal is in no profile. The reasons of handlers come first, in the
 * order of counters.h. The reasons of the profiler's collector follow. The collector reads the
 * samples that the handlers have written into the ring.
 */
public enum DropReason {
  /**
   * The ring buffer had no room, because the profiler's collector was delayed or the load is
   * extreme.
   */
  BUFFER_FULL("bufferFull", "the ring buffer had no room"),

  /** All walk buffers were in use by interrupted handlers. */
  WALK_BUFFERS_BUSY("walkBuffersBusy", "no walk buffer was free"),

  /**
   * The signal arrived while its session was being stopped or the walker's tables were emptied, or
   * another signal stands for its CPU time.
   */
  LATE("late", "arrived during a stop, while tables were emptied, or for CPU time already sampled"),

  /** The SIGPROF was not sent by the profiler's timers. */
  FOREIGN("foreign", "a SIGPROF that none of the profiler's timers sent"),

  /** The sample had a new stack or thread, for which {@code memory} left no room. */
  STACK_TABLE_FULL("stackTableFull", "'memory' left no room for the stack"),

  /**
   * The profiler's collector could not store the sample, for instance because the heap was full.
   */
  COLLECTOR_ERROR("collectorError", "the collector could not store it");

  /** Number of the reasons of handlers. */
  static final int OF_HANDLERS = STACK_TABLE_FULL.ordinal();

  private final String key;
  private final String meaning;

  DropReason(String key, String meaning) {
    this.key = key;
    this.meaning = meaning;
  }

  /**
   * Returns the name of the reason in attributes and exports.
   *
   * @return for instance {@code bufferFull}, not null
   */
  public String key() {
    return key;
  }

  /**
   * Returns what happened, for readers of an export.
   *
   * @return a few words, not null
   */
  public String meaning() {
    return meaning;
  }
}
