package io.spprof.collect;

import io.spprof.Profile;
import java.util.Arrays;

/**
 * Folds samples: (stack, thread) to a number of samples and their CPU time. Primitive arrays that
 * double as they fill, within a {@link MemoryBudget}; both indexes use open addressing with linear
 * probing.
 *
 * <pre>
 *   stackIndex  hash of frames ──▶ stack + 1          positions[stack], depths[stack] ──▶ chunks
 *   rowIndex    hash of (stack, thread) ──▶ row + 1   rowStacks, rowThreads, rowSamples, rowNanos
 * </pre>
 *
 * One thread writes; {@link #stacks()} and {@link #rows()} are called by it, or under the same
 * lock. What they return stays valid: frames, positions and rows are only ever added to, and the
 * two columns of figures are copied.
 */
final class StackTable {

  private static final int FIRST_CAPACITY = 1024;
  private static final int CHUNK_SIZE = 1 << Profile.Stacks.CHUNK_BITS;
  private static final int MAX_CHUNKS = 1 << (31 - Profile.Stacks.CHUNK_BITS);
  private static final int STACK_BYTES = Integer.BYTES * 2 + Short.BYTES; // position, hash, depth
  private static final int ROW_BYTES = Integer.BYTES * 2 + Long.BYTES * 2;

  private final MemoryBudget budget;

  private int[][] chunks = new int[16][];
  private int chunkCount;
  private int chunkUsed = CHUNK_SIZE;

  private int[] stackIndex = new int[2 * FIRST_CAPACITY];
  private int[] positions = new int[FIRST_CAPACITY];
  private int[] hashes = new int[FIRST_CAPACITY];
  private short[] depths = new short[FIRST_CAPACITY];
  private int stackCount;

  private int[] rowIndex = new int[2 * FIRST_CAPACITY];
  private int[] rowStacks = new int[FIRST_CAPACITY];
  private int[] rowThreads = new int[FIRST_CAPACITY];
  private long[] rowSamples = new long[FIRST_CAPACITY];
  private long[] rowNanos = new long[FIRST_CAPACITY];
  private int rowCount;

  StackTable(MemoryBudget budget) {
    this.budget = budget;
    budget.take((long) FIRST_CAPACITY * (STACK_BYTES + ROW_BYTES + 4 * Integer.BYTES));
  }

  /**
   * Adds one sample.
   *
   * @param frames frames, leaf first
   * @param depth how many of them, 1 to 2049
   * @param thread the thread's number
   * @param cpuNanos CPU time that the sample stands for, ns
   * @return its row, or -1 if the budget leaves no room; nothing was added
   */
  int add(int[] frames, int depth, int thread, long cpuNanos) {
    int stack = stack(frames, depth);
    int row = stack < 0 ? -1 : row(stack, thread);
    if (row >= 0) {
      rowSamples[row]++;
      rowNanos[row] += cpuNanos;
    }
    return row;
  }

  int stackCount() {
    return stackCount;
  }

  Profile.Stacks stacks() {
    return new Profile.Stacks(chunks, positions, depths, stackCount);
  }

  Profile.Rows rows() {
    return new Profile.Rows(
        rowStacks,
        rowThreads,
        Arrays.copyOf(rowSamples, rowCount),
        Arrays.copyOf(rowNanos, rowCount),
        rowCount);
  }

  private int stack(int[] frames, int depth) {
    int hash = hash(frames, depth);
    int mask = stackIndex.length - 1;
    int slot = hash & mask;
    for (; stackIndex[slot] != 0; slot = (slot + 1) & mask) {
      int stack = stackIndex[slot] - 1;
      if (hashes[stack] == hash && same(stack, frames, depth)) {
        return stack;
      }
    }
    if (stackCount == positions.length) {
      if (!growStacks()) {
        return -1;
      }
      slot = freeSlot(stackIndex, hash);
    }
    int position = store(frames, depth);
    if (position < 0) {
      return -1;
    }
    positions[stackCount] = position;
    hashes[stackCount] = hash;
    depths[stackCount] = (short) depth;
    stackIndex[slot] = ++stackCount;
    return stackCount - 1;
  }

  private int row(int stack, int thread) {
    int hash = mix(stack * 31 + thread);
    int mask = rowIndex.length - 1;
    int slot = hash & mask;
    for (; rowIndex[slot] != 0; slot = (slot + 1) & mask) {
      int row = rowIndex[slot] - 1;
      if (rowStacks[row] == stack && rowThreads[row] == thread) {
        return row;
      }
    }
    if (rowCount == rowStacks.length) {
      if (!growRows()) {
        return -1;
      }
      slot = freeSlot(rowIndex, hash);
    }
    rowStacks[rowCount] = stack;
    rowThreads[rowCount] = thread;
    rowIndex[slot] = ++rowCount;
    return rowCount - 1;
  }

  private boolean same(int stack, int[] frames, int depth) {
    if (depths[stack] != depth) {
      return false;
    }
    int from = positions[stack] & Profile.Stacks.CHUNK_MASK;
    int[] chunk = chunks[positions[stack] >> Profile.Stacks.CHUNK_BITS];
    return Arrays.equals(chunk, from, from + depth, frames, 0, depth);
  }

  /** Copies the frames to where they stay; a stack never goes across two chunks. */
  private int store(int[] frames, int depth) {
    if (chunkUsed + depth > CHUNK_SIZE) {
      if (chunkCount == MAX_CHUNKS || !budget.take((long) CHUNK_SIZE * Integer.BYTES)) {
        return -1;
      }
      if (chunkCount == chunks.length) {
        chunks = Arrays.copyOf(chunks, 2 * chunkCount);
      }
      chunks[chunkCount++] = new int[CHUNK_SIZE];
      chunkUsed = 0;
    }
    int position = (chunkCount - 1 << Profile.Stacks.CHUNK_BITS) + chunkUsed;
    System.arraycopy(frames, 0, chunks[chunkCount - 1], chunkUsed, depth);
    chunkUsed += depth;
    return position;
  }

  private boolean growStacks() {
    int capacity = 2 * positions.length;
    if (!takeForGrowth(capacity, STACK_BYTES)) {
      return false;
    }
    // The index first, the column whose length stands for all last: a heap that has no room for one
    // of them leaves a table that works, and whose index always has free slots.
    int[] index = new int[2 * capacity];
    for (int stack = 0; stack < stackCount; stack++) {
      index[freeSlot(index, hashes[stack])] = stack + 1;
    }
    stackIndex = index;
    hashes = Arrays.copyOf(hashes, capacity);
    depths = Arrays.copyOf(depths, capacity);
    positions = Arrays.copyOf(positions, capacity);
    return true;
  }

  private boolean growRows() {
    int capacity = 2 * rowStacks.length;
    if (!takeForGrowth(capacity, ROW_BYTES)) {
      return false;
    }
    int[] index = new int[2 * capacity]; // in the order of growStacks
    for (int row = 0; row < rowCount; row++) {
      index[freeSlot(index, mix(rowStacks[row] * 31 + rowThreads[row]))] = row + 1;
    }
    rowIndex = index;
    rowThreads = Arrays.copyOf(rowThreads, capacity);
    rowSamples = Arrays.copyOf(rowSamples, capacity);
    rowNanos = Arrays.copyOf(rowNanos, capacity);
    rowStacks = Arrays.copyOf(rowStacks, capacity);
    return true;
  }

  /** While the columns are copied both exist; afterwards the old half is given back. */
  private boolean takeForGrowth(int capacity, int columnBytes) {
    long bytes = (long) capacity * (columnBytes + 2 * Integer.BYTES);
    if (capacity < 0 || !budget.take(bytes)) {
      return false;
    }
    budget.giveBack(bytes / 2);
    return true;
  }

  private static int freeSlot(int[] index, int hash) {
    int mask = index.length - 1;
    int slot = hash & mask;
    while (index[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static int hash(int[] frames, int depth) {
    int hash = depth;
    for (int i = 0; i < depth; i++) {
      hash = hash * 31 + frames[i];
    }
    return mix(hash);
  }

  /**
   * MurmurHash3's finalizer (Appleby, public domain): spreads what the sum left in the high bits.
   */
  private static int mix(int hash) {
    int h = (hash ^ hash >>> 16) * 0x85ebca6b;
    h = (h ^ h >>> 13) * 0xc2b2ae35;
    return h ^ h >>> 16;
  }
}
