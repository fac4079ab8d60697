package io.spprof.collect;

import io.spprof.profile.Stacks;
import java.util.Arrays;

/**
 * Gives each distinct stack a number. A hash index finds the number by the stack's frames. The
 * frames of all stacks stand one after the other in chunks; two columns say at which position a
 * stack begins, and how many frames it has.
 *
 * <pre>
 *   frames ── hash ──▶ index ──▶ number ──▶ positions[number], depths[number] ──▶ chunks
 * </pre>
 *
 * The columns double when they are full, if the {@link MemoryBudget} allows it. Otherwise a new
 * stack gets no number.
 *
 * <p>Used under the lock of {@link Collector}. The result of {@link #stacks()} may be read later,
 * without the lock, and has the stacks of the moment of the call. It shares its arrays with the
 * table, which never changes an entry: it appends, or copies to larger arrays.
 */
final class StackTable {

  private static final int FIRST_CAPACITY = 1024;
  private static final int CHUNK_SIZE = 1 << Stacks.CHUNK_BITS;
  private static final long CHUNK_BYTES = (long) CHUNK_SIZE * Integer.BYTES;
  private static final int MAX_CHUNKS = 1 << (31 - Stacks.CHUNK_BITS);
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

  Stacks stacks() {
    return new Stacks(chunks, positions, depths, stackCount);
  }

  /**
   * Returns the number of a stack. A new stack is added.
   *
   * @param frames the frames, the leaf first
   * @param depth the number of frames, 1 to 2,050
   * @return the number; -1 if the stack is new and the budget has no room, in which case nothing
   *     was added
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
   * Copies some of the stacks, in their order, into a new table. No budget limits the copy.
   *
   * @param kept whether a stack is copied, by its number
   * @param frameNumbers the new numbers of the frames; null if the frames keep their numbers
   * @param numbers receives the new number of each stack that is copied
   * @return the new table
   */
  StackTable some(boolean[] kept, int[] frameNumbers, int[] numbers) {
    StackTable some = new StackTable(new MemoryBudget(Long.MAX_VALUE));
    int[] frames = new int[Stacks.CHUNK_MASK + 1];
    for (int stack = 0; stack < stackCount; stack++) {
      if (kept[stack]) {
        int from = positions[stack] & Stacks.CHUNK_MASK;
        int[] chunk = chunks[positions[stack] >> Stacks.CHUNK_BITS];
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
   * Returns which frames occur in some of the stacks.
   *
   * @param kept whether a stack is considered, by its number
   * @param frameCount the number of all frames
   * @return whether a frame occurs, by its number
   */
  boolean[] framesOf(boolean[] kept, int frameCount) {
    boolean[] frames = new boolean[frameCount];
    for (int stack = 0; stack < stackCount; stack++) {
      int[] chunk = chunks[positions[stack] >> Stacks.CHUNK_BITS];
      int from = positions[stack] & Stacks.CHUNK_MASK;
      for (int i = from; kept[stack] && i < from + depths[stack]; i++) {
        frames[chunk[i]] = true;
      }
    }
    return frames;
  }

  /**
   * Replaces the stacks of this table by those of another table. Earlier results of {@link
   * #stacks()} stay valid.
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

  /** Returns how many bytes of its budget the table has taken. */
  long bytes() {
    return chunkCount * CHUNK_BYTES
        + (long) positions.length * (STACK_BYTES + HashIndex.ENTRY_BYTES);
  }

  private boolean same(int stack, int[] frames, int depth) {
    if (depths[stack] != depth) {
      return false;
    }
    int from = positions[stack] & Stacks.CHUNK_MASK;
    int[] chunk = chunks[positions[stack] >> Stacks.CHUNK_BITS];
    return Arrays.equals(chunk, from, from + depth, frames, 0, depth);
  }

  /**
   * Copies the frames of a stack into a chunk, where they stay. A stack never extends over two
   * chunks.
   *
   * @return the position of the stack; -1 if there is no room
   */
  private int store(int[] frames, int depth) {
    if (chunkUsed + depth > CHUNK_SIZE) {
      if (chunkCount == MAX_CHUNKS || !budget.grow(0, CHUNK_BYTES, this::addChunk)) {
        return -1;
      }
    }
    int position = (chunkCount - 1 << Stacks.CHUNK_BITS) + chunkUsed;
    System.arraycopy(frames, 0, chunks[chunkCount - 1], chunkUsed, depth);
    chunkUsed += depth;
    return position;
  }

  private void addChunk() {
    if (chunkCount == chunks.length) {
      chunks = Arrays.copyOf(chunks, 2 * chunkCount);
    }
    int[] chunk = new int[CHUNK_SIZE]; // If this fails, nothing has changed.
    chunks[chunkCount++] = chunk;
    chunkUsed = 0;
  }

  private boolean grow() {
    int capacity = 2 * positions.length;
    long bytes = (long) capacity * (STACK_BYTES + HashIndex.ENTRY_BYTES);
    return budget.grow(bytes / 2, bytes, () -> growColumns(capacity));
  }

  private void growColumns(int capacity) {
    // The index grows first. The length of the column "positions" is the capacity of all columns,
    // so this column grows last. If the heap has no room for one of them, the table still works,
    // because the index always has free cells.
    HashIndex larger = new HashIndex(capacity);
    for (int stack = 0; stack < stackCount; stack++) {
      larger.add(hashes[stack], stack);
    }
    index = larger;
    hashes = Arrays.copyOf(hashes, capacity);
    depths = Arrays.copyOf(depths, capacity);
    positions = Arrays.copyOf(positions, capacity);
  }

  private static int hash(int[] frames, int depth) {
    int hash = depth;
    for (int i = 0; i < depth; i++) {
      hash = hash * 31 + frames[i];
    }
    return HashIndex.mix(hash);
  }
}
