package io.spprof.sampler;

import java.util.Objects;

/**
 * The settings of a native session.
 *
 * @param engine the source of the signals; not null. The constructor replaces {@link Engine#AUTO}
 *     by the best engine of the platform
 * @param walker the code that reads stacks; not null
 * @param nativeFrames which frames of native code are written; not null
 * @param intervalNanos CPU time between two samples of a thread, in nanoseconds, more than 0
 * @param depth how many frames of a stack are kept, 1 to 2048
 * @param memoryBytes bound for the ring, the walk buffers and the walker's tables together, in
 *     bytes, 512 KiB to 1 GiB
 */
public record SamplerConfig(
    Engine engine,
    Walker walker,
    NativeFrames nativeFrames,
    long intervalNanos,
    int depth,
    long memoryBytes) {

  /** The greatest number of frames of a stack that can be kept. */
  public static final int MAX_DEPTH = SampleLayout.MAX_DEPTH;

  private static final int MIN_WALK_BUFFERS = 4;
  private static final long MIN_MEMORY = 512L << 10;
  private static final long MAX_MEMORY = 1L << 30; // positions in a direct buffer are ints

  /**
   * Checks every value.
   *
   * @throws IllegalArgumentException if a value is out of range; the message names the value and
   *     its range
   */
  public SamplerConfig {
    Objects.requireNonNull(engine, "engine");
    Objects.requireNonNull(walker, "walker");
    Objects.requireNonNull(nativeFrames, "nativeFrames");
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
   * Returns the size of the ring: the largest power of two that leaves at least a quarter of the
   * memory for the walk buffers and the tables.
   *
   * @return bytes, a power of two
   */
  public long ringBytes() {
    return Long.highestOneBit(memoryBytes / 4 * 3);
  }

  /**
   * Returns the number of walk buffers. Each buffer has room for one frame more than {@link
   * #depth()}.
   *
   * @return 4 to 64
   */
  public int walkBuffers() {
    long fit = (memoryBytes - ringBytes() - tableBytes()) / walkBufferBytes();
    return (int) Math.max(MIN_WALK_BUFFERS, Math.min(SampleLayout.MAX_WALK_BUFFERS, fit));
  }

  /**
   * Returns the number of entries of the walker's table of locations (addresses in compiled code).
   * The table takes an eighth of the memory.
   *
   * @return a power of two
   */
  public int locations() {
    return (int) Long.highestOneBit(memoryBytes / 8 / SampleLayout.TABLE_ENTRY_BYTES);
  }

  /**
   * Returns the number of entries of the walker's table of methods.
   *
   * @return a power of two
   */
  public int methods() {
    return locations() / 4;
  }

  /**
   * Returns the number of entries of the walker's table of known frames of native code.
   *
   * @return a power of two; 0 if none are written
   */
  public int knownFrames() {
    return nativeFrames == NativeFrames.NONE ? 0 : locations() / 4;
  }

  /**
   * Returns the maximum number of bytes that the ring, the walk buffers and the walker's tables
   * take together.
   *
   * @return bytes
   */
  public long usedBytes() {
    return ringBytes() + tableBytes() + walkBuffers() * walkBufferBytes();
  }

  private long tableBytes() {
    return (locations() + methods() + knownFrames()) * (long) SampleLayout.TABLE_ENTRY_BYTES
        + methods() * (long) SampleLayout.METHOD_HINT_BYTES;
  }

  private long walkBufferBytes() {
    return (depth + 1L) * SampleLayout.FRAME_WORDS * Long.BYTES;
  }
}
