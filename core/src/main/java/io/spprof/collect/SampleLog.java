package io.spprof.collect;

import io.spprof.profile.SampleTimes;
import io.spprof.profile.SampleTimes.Chunk;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The latest samples of a window one by one: the time at which each was taken, its row in the
 * {@link RowTable}, and the CPU time that it stands for. The samples are stored in chunks, within a
 * {@link MemoryBudget} and a share of it. When there is no room, the oldest samples are removed and
 * counted, those of older windows first. The tables hold the totals and so have priority: they get
 * the log's memory when they need it.
 *
 * <p>One thread writes. {@link #snapshot()} is called by the same thread, or by another thread
 * under the same lock. The result of {@link #snapshot()} stays valid: samples are only ever added
 * to a chunk.
 */
final class SampleLog {

  /** Number of samples in a chunk. */
  static final int CHUNK = 4096;

  /** Bytes of a chunk. */
  static final long CHUNK_BYTES = bytes(CHUNK);

  /** The single samples of older windows. */
  interface Older {
    /** Returns the bytes that these samples take. */
    long bytes();

    /** Removes some of these samples; returns false if there are none. */
    boolean forgetOldest();
  }

  private final MemoryBudget budget;
  private final long mostBytes;
  private final long startNanos;
  private final Older older;
  private final Deque<Chunk> full = new ArrayDeque<>();
  private Chunk current; // null if there is no chunk
  private int used; // samples in the current chunk
  private long taken; // bytes taken of the budget
  private long forgotten;

  /**
   * Creates an empty log.
   *
   * @param budget the budget from which the log takes its memory
   * @param mostBytes the most that the log and the older samples take together, bytes
   * @param startNanos the session's start, ns by the samples' clock
   * @param older the older samples, which are removed before the log's own
   */
  SampleLog(MemoryBudget budget, long mostBytes, long startNanos, Older older) {
    this.budget = budget;
    this.mostBytes = mostBytes;
    this.startNanos = startNanos;
    this.older = older;
  }

  /**
   * Adds a sample. The oldest samples may be removed to make room for it. If there is no room at
   * all, the sample is only counted as forgotten.
   */
  void add(long timeNanos, int row, long cpuNanos) {
    long nanos = timeNanos - startNanos;
    if (current == null || used == CHUNK || !isNear(nanos)) {
      startChunk(nanos);
    }
    if (current == null) {
      forgotten++;
      return;
    }
    current.micros()[used] = (int) ((nanos - current.baseNanos()) / 1000);
    current.rows()[used] = row;
    current.cpuNanos()[used] = cpuNanos;
    used++;
  }

  /**
   * Whether the time since the chunk's first sample fits into an int of microseconds: 35 minutes.
   */
  private boolean isNear(long nanos) {
    long micros = (nanos - current.baseNanos()) / 1000;
    return micros == (int) micros;
  }

  private void startChunk(long nanos) {
    if (current != null) {
      full.addLast(used == CHUNK ? current : trimmed());
      set(taken - CHUNK_BYTES + bytes(used));
      current = null;
    }
    while (older.bytes() + taken + CHUNK_BYTES > mostBytes || !budget.takeIfFree(CHUNK_BYTES)) {
      if (!older.forgetOldest() && !forgetOldest()) {
        return;
      }
    }
    taken += CHUNK_BYTES;
    try {
      current = new Chunk(nanos, new int[CHUNK], new int[CHUNK], new long[CHUNK], CHUNK);
      used = 0;
    } catch (OutOfMemoryError e) {
      set(taken - CHUNK_BYTES); // the sample is in the tables; only its time is lost
    }
  }

  /** Reduces the bytes taken of the budget to the given number. */
  private void set(long bytes) {
    budget.giveBack(taken - bytes);
    taken = bytes;
  }

  /** Removes the oldest chunk and gives its memory back; returns false if there is none. */
  boolean forgetOldest() {
    if (!full.isEmpty()) {
      int count = full.pollFirst().count();
      forgotten += count;
      set(taken - bytes(count));
    } else if (current != null) {
      forgotten += used;
      current = null;
      set(taken - CHUNK_BYTES);
    } else {
      return false;
    }
    return true;
  }

  /** Returns the log's samples. */
  SampleTimes snapshot() {
    List<Chunk> chunks = new ArrayList<>(full);
    if (current != null) {
      chunks.add(upTo(used));
    }
    return new SampleTimes(chunks, forgotten);
  }

  /**
   * Returns the log's samples in arrays of exactly their size, whose bytes {@link
   * #bytes(SampleTimes)} computes.
   */
  SampleTimes exact() {
    List<Chunk> chunks = new ArrayList<>(full);
    if (current != null) {
      chunks.add(trimmed());
    }
    return new SampleTimes(chunks, forgotten);
  }

  /** Returns the bytes that the log takes of its budget. */
  long bytes() {
    return taken;
  }

  /** Returns the bytes of chunks whose arrays have exactly the size of their samples. */
  static long bytes(SampleTimes times) {
    return times.chunkCount() * bytes(0) + times.count() * (bytes(1) - bytes(0));
  }

  private static long bytes(int samples) {
    return (long) samples * (2 * Integer.BYTES + Long.BYTES) + 128;
  }

  private Chunk trimmed() {
    return new Chunk(
        current.baseNanos(),
        Arrays.copyOf(current.micros(), used),
        Arrays.copyOf(current.rows(), used),
        Arrays.copyOf(current.cpuNanos(), used),
        used);
  }

  private Chunk upTo(int count) {
    return new Chunk(
        current.baseNanos(), current.micros(), current.rows(), current.cpuNanos(), count);
  }
}
