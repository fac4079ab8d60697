package io.spprof.sampler;

import java.util.Objects;

/**
 * What a native session needs to know.
 *
 * @param engine what makes the signals; not null. {@link Engine#AUTO} is replaced by the best
 *     engine of the platform
 * @param walker what reads stacks; not null
 * @param intervalNanos CPU time between two samples of a thread, ns, more than 0
 * @param depth frames kept of a stack, 1 to 2048
 * @param memoryBytes what ring, walk buffers and the walker's tables may take together, bytes, 512
 *     KiB to 1 GiB
 */
public record SamplerConfig(
    Engine engine, Walker walker, long intervalNanos, int depth, long memoryBytes) {

  private static final int MAX_WALK_BUFFERS = 64;
  private static final int MIN_WALK_BUFFERS = 4;
  private static final int TABLE_ENTRY_BYTES = 32; // table.h
  private static final int MAX_DEPTH = 2048; // sample.h
  private static final long MIN_MEMORY = 512L << 10;
  private static final long MAX_MEMORY = 1L << 30; // positions in a direct buffer are ints

  /**
   * Checks every value.
   *
   * @throws IllegalArgumentException naming the value and its range
   */
  public SamplerConfig {
    Objects.requireNonNull(engine, "engine");
    Objects.requireNonNull(walker, "walker");
    engine = engine.inUse();
    require(intervalNanos > 0, "an interval of " + intervalNanos + " ns; valid: more than 0");
    require(depth >= 1 && depth <= MAX_DEPTH, "a depth of " + depth + "; valid: 1 to " + MAX_DEPTH);
    require(
        memoryBytes >= MIN_MEMORY && memoryBytes <= MAX_MEMORY,
        "a memory of " + memoryBytes + " bytes; valid: " + MIN_MEMORY + " to " + MAX_MEMORY);
  }

  private static void require(boolean valid, String problem) {
    if (!valid) {
      throw new IllegalArgumentException("no session with " + problem);
    }
  }

  /**
   * Bytes of the ring: the largest power of two that leaves a quarter for the rest.
   *
   * @return a power of two
   */
  public long ringBytes() {
    return Long.highestOneBit(memoryBytes / 4 * 3);
  }

  /**
   * Number of walk buffers, of one frame more than {@link #depth()} each.
   *
   * @return 4 to 64
   */
  public int walkBuffers() {
    long fit = (memoryBytes - ringBytes() - tableBytes()) / walkBufferBytes();
    return (int) Math.max(MIN_WALK_BUFFERS, Math.min(MAX_WALK_BUFFERS, fit));
  }

  /**
   * Entries of the walker's table of locations in compiled code: an eighth of the memory.
   *
   * @return a power of two
   */
  public int locations() {
    return (int) Long.highestOneBit(memoryBytes / 8 / TABLE_ENTRY_BYTES);
  }

  /**
   * Entries of the walker's table of methods.
   *
   * @return a power of two
   */
  public int methods() {
    return locations() / 4;
  }

  /**
   * Bytes that all of this takes at most.
   *
   * @return bytes
   */
  public long usedBytes() {
    return ringBytes() + tableBytes() + walkBuffers() * walkBufferBytes();
  }

  private long tableBytes() {
    return (locations() + methods()) * (long) TABLE_ENTRY_BYTES;
  }

  private long walkBufferBytes() {
    return (depth + 1L) * SampleLayout.FRAME_WORDS * Long.BYTES;
  }
}
