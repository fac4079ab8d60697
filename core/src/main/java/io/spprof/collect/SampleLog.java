package io.spprof.collect;

import io.spprof.profile.SampleTimes;
import io.spprof.profile.SampleTimes.Chunk;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The last samples of a window one by one: when each was taken, its row in the {@link RowTable},
 * and the CPU time that it stands for. They stand in chunks, within a {@link MemoryBudget} and a
 * share of it. When there is no room, the oldest samples are removed and counted, those of older
 * windows first. The tables hold the totals and so have priority: they get the log's memory when
 * they need it.
 *
 * <p>One thread writes; {@link #snapshot()} is called by it, or under the same lock. What that
 * returns stays valid: a chunk is only ever added to.
 */
final class SampleLog {

  /** Samples of a chunk. */
  static final int CHUNK = 4096;

  /** What a chunk takes, bytes. */
  static final long CHUNK_BYTES = bytes(CHUNK);

  /** Times of older windows. */
  interface Older {
    /** What they take, bytes. */
    long bytes();

    /** Forgets some; false if there are none. */
    boolean forgetOldest();
  }

  private final MemoryBudget budget;
  private final long mostBytes;
  private final long startNanos;
  private final Older older;
  private final Deque<Chunk> full = new ArrayDeque<>();
  private Chunk current; // null if there is none
  private int used; // of the current one
  private long taken; // of the budget
  private long forgotten;

  /**
   * An empty log.
   *
   * @param budget what it takes from
   * @param mostBytes what it takes at most, with what is older
   * @param startNanos the session's start, by the samples' clock
   * @param older times that go before its own
   */
  SampleLog(MemoryBudget budget, long mostBytes, long startNanos, Older older) {
    this.budget = budget;
    this.mostBytes = mostBytes;
    this.startNanos = startNanos;
    this.older = older;
  }

  /** Adds a sample; the oldest ones may go for it, and without any room it is forgotten at once. */
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

  /** Whether the distance to the chunk's beginning is an int of microseconds: 35 minutes. */
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
      set(taken - CHUNK_BYTES); // the sample is in the tables; its time is not worth more
    }
  }

  /** Gives bytes back. */
  private void set(long bytes) {
    budget.giveBack(taken - bytes);
    taken = bytes;
  }

  /** Gives the oldest chunk's memory back; false if there is none. */
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

  /** What is in it now. */
  SampleTimes snapshot() {
    List<Chunk> chunks = new ArrayList<>(full);
    if (current != null) {
      chunks.add(upTo(used));
    }
    return new SampleTimes(chunks, forgotten);
  }

  /** The same, in arrays of just the size: what {@link #bytes(SampleTimes)} tells. */
  SampleTimes exact() {
    List<Chunk> chunks = new ArrayList<>(full);
    if (current != null) {
      chunks.add(trimmed());
    }
    return new SampleTimes(chunks, forgotten);
  }

  /** What it takes of its budget. */
  long bytes() {
    return taken;
  }

  /** What the chunks of exact times take, bytes. */
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
