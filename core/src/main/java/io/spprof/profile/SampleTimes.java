package io.spprof.profile;

import java.util.ArrayList;
import java.util.List;

/**
 * The latest samples of a profile one by one. Each has the time at which it was taken, its row in
 * the profile (stack and thread), and the CPU time that it stands for. A session keeps as many
 * single samples as {@code memory} has room for. Older samples are only in the profile's rows.
 * Immutable, like the profile that it belongs to.
 *
 * <p>Samples have the order in which they were collected. Samples of different threads may be some
 * milliseconds out of order.
 */
public final class SampleTimes {

  /** Receives each sample. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Receives a sample.
     *
     * @param nanos the time at which it was taken, ns after the session's start; in a {@link
     *     Profile}, ns after the beginning of its first window
     * @param row its row in the profile
     * @param cpuNanos CPU time that it stands for, ns
     */
    void sample(long nanos, int row, long cpuNanos);
  }

  /**
   * Samples as columns. Each element is written once, then only read.
   *
   * @param baseNanos the base of the samples' times, ns after the session's start, or after the
   *     moment of {@link SampleTimes#after}
   * @param micros the samples' times, µs after the base
   * @param rows the samples' rows
   * @param cpuNanos CPU time that each sample stands for, ns
   * @param count number of samples; the arrays may be longer
   */
  public record Chunk(long baseNanos, int[] micros, int[] rows, long[] cpuNanos, int count) {}

  /** The times of a profile without samples. */
  static final SampleTimes NONE = new SampleTimes(List.of(), 0);

  private final List<Chunk> chunks;
  private final long forgotten;
  private final long count;

  /**
   * Creates an object from chunks, without a copy. Nobody may change the chunks afterwards.
   *
   * @param chunks the oldest first
   * @param forgotten number of samples that are in the profile's rows but not in the chunks
   */
  public SampleTimes(List<Chunk> chunks, long forgotten) {
    this.chunks = List.copyOf(chunks);
    this.forgotten = forgotten;
    this.count = chunks.stream().mapToLong(Chunk::count).sum();
  }

  /**
   * Returns the number of samples whose time is no longer known.
   *
   * @return 0 or more; the sum with {@link #count()} is the number of the profile's samples
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
      visitor.sample(
          samples.baseNanos() + 1000L * samples.micros()[i],
          samples.rows()[i],
          samples.cpuNanos()[i]);
    }
  }

  /**
   * Returns the chunks with other row numbers.
   *
   * @param places the new number of each row
   * @return new chunks
   */
  public List<Chunk> withRows(int[] places) {
    List<Chunk> moved = new ArrayList<>(chunks.size());
    for (Chunk chunk : chunks) {
      int[] rows = new int[chunk.count()];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = places[chunk.rows()[i]];
      }
      moved.add(
          new Chunk(chunk.baseNanos(), chunk.micros(), rows, chunk.cpuNanos(), chunk.count()));
    }
    return moved;
  }

  /**
   * Returns the samples with times relative to a later moment.
   *
   * @param nanos the later moment, ns after the moment to which the times are relative now
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
              chunk.cpuNanos(),
              chunk.count()));
    }
    return new SampleTimes(moved, forgotten);
  }
}
