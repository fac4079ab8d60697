package io.spprof.profile;

import java.util.ArrayList;
import java.util.List;

/**
 * The last samples of a profile one by one: when each was taken, in which row it counts (stack and
 * thread), and the CPU time that it stands for. A session keeps as many as {@code memory} has room
 * for; older ones are in the profile's rows only. Immutable, like the profile that it belongs to.
 *
 * <p>In the order in which they were collected: samples of different threads may be some
 * milliseconds out of order.
 */
public final class SampleTimes {

  /** Receives each sample. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * A sample.
     *
     * @param nanos when, ns after the session's start
     * @param row its row in the profile
     * @param cpuNanos CPU time that it stands for, ns
     */
    void sample(long nanos, int row, long cpuNanos);
  }

  /**
   * Samples as columns, written once, then only read.
   *
   * @param baseNanos what the times are after, ns after the session's start
   * @param micros times after it, µs
   * @param rows rows
   * @param cpuNanos CPU time, ns
   * @param count samples; the arrays may be longer
   */
  public record Chunk(long baseNanos, int[] micros, int[] rows, long[] cpuNanos, int count) {}

  /** Of a profile without samples. */
  static final SampleTimes NONE = new SampleTimes(List.of(), 0);

  private final List<Chunk> chunks;
  private final long forgotten;
  private final long count;

  /**
   * Takes the chunks as they are: nobody may change them afterwards.
   *
   * @param chunks the oldest first
   * @param forgotten samples that are in the profile's rows, but not here
   */
  public SampleTimes(List<Chunk> chunks, long forgotten) {
    this.chunks = List.copyOf(chunks);
    this.forgotten = forgotten;
    this.count = chunks.stream().mapToLong(Chunk::count).sum();
  }

  /**
   * Samples of the profile whose time is not known any more.
   *
   * @return 0 or more; with {@link #count()} it makes the profile's samples
   */
  public long forgotten() {
    return forgotten;
  }

  /**
   * Samples whose time is known.
   *
   * @return 0 or more
   */
  public long count() {
    return count;
  }

  /**
   * How many chunks the samples stand in.
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
   * The same samples in other rows.
   *
   * @param places each row's other number
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
   * The same samples with times after another moment.
   *
   * @param nanos that moment, ns after the present one
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
