package io.spprof.collect;

import io.spprof.profile.SampleTimes;
import io.spprof.profile.SampleTimes.Chunk;
import io.spprof.sampler.ThreadState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the latest samples of a window one by one, for exports that show the time of each sample. A
 * sample has the time at which it was taken, its row in the {@link RowTable}, the CPU time that it
 * stands for, and the state of its thread. The samples are stored in chunks. The chunks may use a
 * share of the {@link MemoryBudget}. If there is no room, the oldest samples are removed and
 * counted, beginning with those of older windows. The tables have priority over the log, because
 * the tables hold the totals: when they need memory, they get the log's memory. The latest samples
 * stay, in a small part of the log's share: they show what happens now ({@link RecentSamples}).
 *
 * <p>Used under the lock of {@link Collector}. The caller of {@link #snapshot()} may keep the
 * result. The result shares the chunks, but the log only appends to a chunk.
 */
final class SampleLog {

  /** The number of samples in a chunk. */
  static final int CHUNK = 4096;

  /** Bytes of a chunk. */
  static final long CHUNK_BYTES = bytes(CHUNK);

  /** The part of the log's share that the tables do not get: one in this number. */
  private static final int LEAST_SHARE = 8;

  /** How long the log does without a chunk after a full heap was found. */
  private static final long HEAP_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** The single samples of older windows, which the log removes before its own. */
  interface Older {
    /** Returns the bytes that these samples take. */
    long bytes();

    /**
     * Removes some of these samples.
     *
     * @return false if there are none
     */
    boolean forgetOldest();
  }

  private final MemoryBudget budget;
  private final long mostBytes;
  private final long startNanos;
  private final Older older;
  private final List<Chunk> full = new ArrayList<>(); // If it cannot grow, it stays as it is.
  private Chunk current; // null if there is no chunk
  private int used; // number of samples in the current chunk
  private long taken; // bytes taken from the budget
  private long forgotten;
  private long lostUntil; // in nanoseconds after the session's start; 0 if nothing was forgotten
  private long heapFullUntil; // as it is assumed, in nanoseconds after the session's start

  /**
   * Creates an empty log.
   *
   * @param budget the budget from which the log takes its memory
   * @param mostBytes the maximum number of bytes for the log and the older samples together
   * @param startNanos the session's start, in nanoseconds by the clock of the samples
   * @param older the older samples, which are removed before the log's own
   */
  SampleLog(MemoryBudget budget, long mostBytes, long startNanos, Older older) {
    this.budget = budget;
    this.mostBytes = mostBytes;
    this.startNanos = startNanos;
    this.older = older;
  }

  /**
   * Adds a sample. If necessary, the oldest samples are removed to make room. If there is no room
   * even so, the sample is only counted as forgotten.
   */
  void add(long timeNanos, int row, long cpuNanos, ThreadState state) {
    long nanos = timeNanos - startNanos;
    boolean fits = current != null && used < CHUNK && isNear(nanos);
    if (!fits && !startChunk(nanos)) {
      forgotten++;
      lostUntil = Math.max(lostUntil, nanos);
      return;
    }
    current.micros()[used] = (int) ((nanos - current.baseNanos()) / 1000);
    current.rows()[used] = row;
    current.cpuAndStates()[used] = Chunk.cpuAndState(cpuNanos, state);
    used++;
  }

  /**
   * Returns whether the time since the first sample of the current chunk fits into an int of
   * microseconds, which is 35 minutes.
   */
  private boolean isNear(long nanos) {
    long micros = (nanos - current.baseNanos()) / 1000;
    return micros == (int) micros;
  }

  /** Ends the current chunk and starts one. Returns false if there is no room for it. */
  private boolean startChunk(long nanos) {
    if (nanos < heapFullUntil) {
      return false;
    }
    try {
      endChunk();
      if (!takeChunk()) {
        return false;
      }
      current = newChunk(nanos);
      used = 0;
      return true;
    } catch (OutOfMemoryError e) {
      // The sample is in the tables. Only its time is lost.
      heapFullUntil = nanos + HEAP_PAUSE_NANOS;
      return false;
    }
  }

  private void endChunk() {
    if (current != null) {
      full.add(used == CHUNK ? current : trimmed());
      set(taken - CHUNK_BYTES + bytes(used));
      current = null;
    }
  }

  /** Takes the bytes of a chunk, and removes the oldest samples until there is room for it. */
  private boolean takeChunk() {
    while (older.bytes() + taken + CHUNK_BYTES > mostBytes || !takeChunkIfRoom()) {
      if (!older.forgetOldest() && !forgetOldest()) {
        return false;
      }
    }
    taken += CHUNK_BYTES;
    return true;
  }

  private boolean takeChunkIfRoom() {
    return older.bytes() + taken < mostBytes / LEAST_SHARE
        ? budget.take(CHUNK_BYTES)
        : budget.takeIfFree(CHUNK_BYTES);
  }

  private Chunk newChunk(long nanos) {
    Chunk chunk = null;
    try {
      chunk = new Chunk(nanos, new int[CHUNK], new int[CHUNK], new long[CHUNK], CHUNK);
      return chunk;
    } finally {
      set(chunk == null ? taken - CHUNK_BYTES : taken);
    }
  }

  /**
   * Returns whether the tables may have the memory of the oldest chunk, of this log or of the older
   * samples. They may not have the memory of the latest samples.
   */
  boolean mayForget() {
    return older.bytes() + taken - CHUNK_BYTES >= mostBytes / LEAST_SHARE;
  }

  /** Reduces the bytes taken of the budget to the given number. */
  private void set(long bytes) {
    budget.giveBack(taken - bytes);
    taken = bytes;
  }

  /**
   * Removes the oldest chunk and gives its memory back.
   *
   * @return false if there is no chunk
   */
  boolean forgetOldest() {
    if (!full.isEmpty()) {
      Chunk oldest = full.remove(0);
      int count = oldest.count();
      forgotten += count;
      lose(oldest, count);
      set(taken - bytes(count));
    } else if (current != null) {
      forgotten += used;
      lose(current, used);
      current = null;
      set(taken - CHUNK_BYTES);
    } else {
      return false;
    }
    return true;
  }

  private void lose(Chunk chunk, int count) {
    if (count > 0) {
      lostUntil = Math.max(lostUntil, chunk.baseNanos() + 1000L * chunk.micros()[count - 1]);
    }
  }

  /**
   * Returns the time of the latest sample that was added to this log and is no longer kept, in
   * nanoseconds after the session's start; 0 if there is none.
   */
  long lostUntil() {
    return lostUntil;
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
   * Returns the samples of the log in arrays of exactly the right size. {@link #bytes(SampleTimes)}
   * computes the bytes of these arrays.
   */
  SampleTimes exact() {
    List<Chunk> chunks = new ArrayList<>(full);
    if (current != null) {
      chunks.add(trimmed());
    }
    return new SampleTimes(chunks, forgotten);
  }

  /** Returns how many bytes of its budget the log has taken. */
  long bytes() {
    return taken;
  }

  /** Returns the bytes of samples in arrays of exactly the right size. */
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
        Arrays.copyOf(current.cpuAndStates(), used),
        used);
  }

  private Chunk upTo(int count) {
    return new Chunk(
        current.baseNanos(), current.micros(), current.rows(), current.cpuAndStates(), count);
  }
}
