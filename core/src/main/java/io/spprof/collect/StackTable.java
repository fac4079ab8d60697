package io.spprof.collect;

import io.spprof.profile.Profile;
import java.util.Arrays;

/**
 * Numbers the distinct stacks. The table consists of primitive arrays that double as they fill,
 * within a {@link MemoryBudget}.
 *
 * <pre>
 *   index  hash of frames ──▶ stack              positions[stack], depths[stack] ──▶ chunks
 * </pre>
 *
 * One thread writes. {@link #stacks()} is called by the same thread, or by another thread under the
 * same lock. The result of {@link #stacks()} stays valid: frames and positions are only ever added.
 */
final class StackTable {

  private static final int FIRST_CAPACITY = 1024;
  private static final int CHUNK_SIZE = 1 << Profile.Stacks.CHUNK_BITS;
  private static final int MAX_CHUNKS = 1 << (31 - Profile.Stacks.CHUNK_BITS);
  private static final int STACK_BYTES = Integer.BYTES * 2 + Short.BYTES; // position, hash, depth

  private final MemoryBudget budget;

  private int[][] chunks = new int[16][];
  private int chunkCount;
  private int chunkUsed = CHUNK_SIZE;

  private HashIndex index = new HashIndex(FIRST_CAPACITY);
  private int[] positions = new int[FIRST_CAPACITY];
  private int[] hashes = new int[FIRST_CAPACITY];
  private short[] depths = new short[FIRST_CAPACITY];
  private int stackCount;

  StackTable(MemoryBudget budget) {
    this.budget = budget;
    budget.takeAnyway(bytes());
  }

  int stackCount() {
    return stackCount;
  }

  Profile.Stacks stacks() {
    return new Profile.Stacks(chunks, positions, depths, stackCount);
  }

  /**
   * Returns a stack's number. A new stack is added.
   *
   * @param frames frames, leaf first
   * @param depth number of frames, 1 to 2050
   * @return the number, or -1 if the stack is new and the budget leaves no room; nothing was added
   *     then
   */
  int number(int[] frames, int depth) {
    int hash = hash(frames, depth);
    for (int at = index.first(hash); index.entry(at) >= 0; at = index.next(at)) {
      int stack = index.entry(at);
      if (hashes[stack] == hash && same(stack, frames, depth)) {
        return stack;
      }
    }
    if (stackCount == positions.length && !grow()) {
      return -1;
    }
    int position = store(frames, depth);
    if (position < 0) {
      return -1;
    }
    positions[stackCount] = position;
    hashes[stackCount] = hash;
    depths[stackCount] = (short) depth;
    index.add(hash, stackCount);
    return stackCount++;
  }

  /**
   * Copies some of the stacks into a table of their own, in their order. The copy is not limited by
   * a budget.
   *
   * @param kept which stacks, by number
   * @param frameNumbers the new numbers of their frames; null if the numbers stay
   * @param numbers receives the new number of each stack that is kept
   * @return the other table
   */
  StackTable some(boolean[] kept, int[] frameNumbers, int[] numbers) {
    StackTable some = new StackTable(new MemoryBudget(Long.MAX_VALUE));
    int[] frames = new int[Profile.Stacks.CHUNK_MASK + 1];
    for (int stack = 0; stack < stackCount; stack++) {
      if (kept[stack]) {
        int from = positions[stack] & Profile.Stacks.CHUNK_MASK;
        int[] chunk = chunks[positions[stack] >> Profile.Stacks.CHUNK_BITS];
        System.arraycopy(chunk, from, frames, 0, depths[stack]);
        for (int i = 0; frameNumbers != null && i < depths[stack]; i++) {
          frames[i] = frameNumbers[frames[i]];
        }
        numbers[stack] = some.number(frames, depths[stack]);
      }
    }
    return some;
  }

  /**
   * Returns the frames that some of the stacks contain.
   *
   * @param kept which stacks, by number
   * @param frameCount number of all frames
   * @return which frames, by number
   */
  boolean[] framesOf(boolean[] kept, int frameCount) {
    boolean[] frames = new boolean[frameCount];
    for (int stack = 0; stack < stackCount; stack++) {
      int[] chunk = chunks[positions[stack] >> Profile.Stacks.CHUNK_BITS];
      int from = positions[stack] & Profile.Stacks.CHUNK_MASK;
      for (int i = from; kept[stack] && i < from + depths[stack]; i++) {
        frames[chunk[i]] = true;
      }
    }
    return frames;
  }

  /**
   * Replaces the table's stacks with those of another table. Earlier results of {@link #stacks()}
   * stay valid.
   */
  void become(StackTable other) {
    budget.giveBack(bytes());
    chunks = other.chunks;
    chunkCount = other.chunkCount;
    chunkUsed = other.chunkUsed;
    index = other.index;
    positions = other.positions;
    hashes = other.hashes;
    depths = other.depths;
    stackCount = other.stackCount;
    budget.takeAnyway(bytes());
  }

  /** Returns the bytes that the table takes of its budget. */
  long bytes() {
    return (long) chunkCount * CHUNK_SIZE * Integer.BYTES
        + (long) positions.length * (STACK_BYTES + HashIndex.ENTRY_BYTES);
  }

  private boolean same(int stack, int[] frames, int depth) {
    if (depths[stack] != depth) {
      return false;
    }
    int from = positions[stack] & Profile.Stacks.CHUNK_MASK;
    int[] chunk = chunks[positions[stack] >> Profile.Stacks.CHUNK_BITS];
    return Arrays.equals(chunk, from, from + depth, frames, 0, depth);
  }

  /** Copies the frames into a chunk, where they stay. A stack never extends over two chunks. */
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

  private boolean grow() {
    int capacity = 2 * positions.length;
    if (!budget.takeForGrowth((long) capacity * (STACK_BYTES + HashIndex.ENTRY_BYTES))) {
      return false;
    }
    // The index grows first, and last the column whose length is the capacity of all. If the heap
    // has no room for one of them, the table still works, and its index always has free slots.
    HashIndex larger = new HashIndex(capacity);
    for (int stack = 0; stack < stackCount; stack++) {
      larger.add(hashes[stack], stack);
    }
    index = larger;
    hashes = Arrays.copyOf(hashes, capacity);
    depths = Arrays.copyOf(depths, capacity);
    positions = Arrays.copyOf(positions, capacity);
    return true;
  }

  private static int hash(int[] frames, int depth) {
    int hash = depth;
    for (int i = 0; i < depth; i++) {
      hash = hash * 31 + frames[i];
    }
    return HashIndex.mix(hash);
  }
}
