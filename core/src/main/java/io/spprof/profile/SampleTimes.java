package io.spprof.profile;

import io.spprof.sampler.ThreadState;
import java.util.ArrayList;
import java.util.List;

/**
 * The latest samples of a profile, one by one. Each sample has the time at which it was taken, its
 * row in the profile (stack and thread), the CPU time that it stands for, and what its thread was
 * doing. A session keeps as many single samples as the option {@code memory} has room for. Older
 * samples remain only as part of the totals in the profile's rows. Immutable, like the profile that
 * it belongs to.
 *
 * <p>The samples are in the order in which they were collected. Samples of different threads may be
 * out of order by some milliseconds.
 */
public final class SampleTimes {

  /** Receives the samples one by one. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Receives a sample.
     *
     * @param nanos the time at which the sample was taken, in nanoseconds after the session's
     *     start; in a {@link Profile}, in nanoseconds after the beginning of the profile's first
     *     window
     * @param row the sample's row in the profile
     * @param cpuNanos the CPU time that the sample stands for, in nanoseconds
     * @param state what the sample's thread was doing, not null
     */
    void sample(long nanos, int row, long cpuNanos, ThreadState state);
  }

  /**
   * A number of samples, as columns. Each element is written once; afterwards it is only read.
   *
   * @param baseNanos the base of the samples' times, in nanoseconds after the session's start, or
   *     after the moment given to {@link SampleTimes#after}
   * @param micros the samples' times, in microseconds after the base
   * @param rows the samples' rows
   * @param cpuAndStates the CPU time that each sample stands for, and its thread's state, as {@link
   *     #cpuAndState} packs them
   * @param count the number of samples; the arrays may be longer
   */
  public record Chunk(long baseNanos, int[] micros, int[] rows, long[] cpuAndStates, int count) {

    /** The lowest bits have the CPU time: up to 36 years. The three highest have the state. */
    private static final int CPU_BITS = 61;

    private static final long MOST_CPU = (1L << CPU_BITS) - 1;

    /** The states by their numbers. A CPU time alone therefore has an unknown state. */
    private static final ThreadState[] STATES = {
      ThreadState.UNKNOWN,
      ThreadState.IN_JAVA,
      ThreadState.IN_NATIVE,
      ThreadState.IN_VM,
      ThreadState.OTHER,
      ThreadState.NO_JAVA_THREAD
    };

    /**
     * Packs a CPU time and a state into one number, so that the state takes no memory.
     *
     * @param cpuNanos the CPU time in nanoseconds, 0 or more
     * @param state the state, not null
     * @return an element of {@link #cpuAndStates}
     */
    public static long cpuAndState(long cpuNanos, ThreadState state) {
      long number =
          switch (state) {
            case UNKNOWN -> 0;
            case IN_JAVA -> 1;
            case IN_NATIVE -> 2;
            case IN_VM -> 3;
            case OTHER -> 4;
            case NO_JAVA_THREAD -> 5;
          };
      return number << CPU_BITS | Math.min(cpuNanos, MOST_CPU);
    }

    private void visit(int sample, Visitor visitor) {
      long cpuAndState = cpuAndStates[sample];
      visitor.sample(
          baseNanos + 1000L * micros[sample],
          rows[sample],
          cpuAndState & MOST_CPU,
          STATES[(int) (cpuAndState >>> CPU_BITS)]);
    }
  }

  /** The samples of a profile without samples. */
  static final SampleTimes NONE = new SampleTimes(List.of(), 0);

  private final List<Chunk> chunks;
  private final long forgotten;
  private final long count;

  /**
   * Creates an object from chunks, without a copy. Nobody may change the chunks afterwards.
   *
   * @param chunks the chunks, the oldest first
   * @param forgotten the number of samples that are in the profile's rows but not in the chunks
   */
  public SampleTimes(List<Chunk> chunks, long forgotten) {
    this.chunks = List.copyOf(chunks);
    this.forgotten = forgotten;
    this.count = chunks.stream().mapToLong(Chunk::count).sum();
  }

  /**
   * Returns the number of samples whose time is no longer known.
   *
   * @return 0 or more; together with {@link #count()}, this is the number of the profile's samples
   */
  public long forgotten() {
    return forgotten;
  }

  /**
   * Returns the number of samples whose time is known.
   *
   * @return 0 or more
   */
  public long count() {
    return count;
  }

  /**
   * Returns the number of chunks in which the samples are stored.
   *
   * @return 0 or more
   */
  public int chunkCount() {
    return chunks.size();
  }

  /**
   * Visits the samples of one chunk.
   *
   * @param chunk 0 to {@link #chunkCount()} − 1, the oldest first
   * @param visitor receives each sample
   */
  public void forEach(int chunk, Visitor visitor) {
    Chunk samples = chunks.get(chunk);
    for (int i = 0; i < samples.count(); i++) {
      samples.visit(i, visitor);
    }
  }

  /**
   * Returns the time of the last sample of a chunk.
   *
   * @param chunk 0 to {@link #chunkCount()} − 1
   * @return nanoseconds, relative to the same moment as the times that a visitor receives
   */
  public long lastNanos(int chunk) {
    Chunk samples = chunks.get(chunk);
    return samples.baseNanos() + 1000L * samples.micros()[samples.count() - 1];
  }

  /**
   * Returns the samples without those of the oldest chunk, which count as forgotten.
   *
   * @return the samples
   */
  public SampleTimes withoutOldest() {
    return new SampleTimes(chunks.subList(1, chunks.size()), forgotten + chunks.get(0).count());
  }

  /**
   * Returns the chunks with other row numbers.
   *
   * @param newRows the new number of each row, by its present number
   * @return new chunks
   */
  public List<Chunk> withRows(int[] newRows) {
    List<Chunk> moved = new ArrayList<>(chunks.size());
    for (Chunk chunk : chunks) {
      int[] rows = new int[chunk.count()];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = newRows[chunk.rows()[i]];
      }
      moved.add(
          new Chunk(chunk.baseNanos(), chunk.micros(), rows, chunk.cpuAndStates(), chunk.count()));
    }
    return moved;
  }

  /**
   * Returns the samples with times relative to a later moment.
   *
   * @param nanos the later moment, in nanoseconds after the moment to which the times are relative
   *     now
   * @return the samples
   */
  public SampleTimes after(long nanos) {
    if (nanos == 0) {
      return this;
    }
    List<Chunk> moved = new ArrayList<>(chunks.size());
    for (Chunk chunk : chunks) {
      moved.add(
          new Chunk(
              chunk.baseNanos() - nanos,
              chunk.micros(),
              chunk.rows(),
              chunk.cpuAndStates(),
              chunk.count()));
    }
    return new SampleTimes(moved, forgotten);
  }
}
