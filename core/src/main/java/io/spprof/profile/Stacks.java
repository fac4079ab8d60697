package io.spprof.profile;

/**
 * The distinct stacks of a profile. A stack is a sequence of numbers of frames. The frames of all
 * stacks are stored one stack after the other, in chunks. A stack never extends over two chunks.
 * Each element is written once; afterwards it is only read.
 *
 * @param chunks the frames; {@code chunks[p >> CHUNK_BITS][p & CHUNK_MASK]} is the frame at
 *     position p
 * @param positions the position of each stack's leaf
 * @param depths the number of frames of each stack
 * @param count number of stacks; the arrays may be longer
 */
public record Stacks(int[][] chunks, int[] positions, short[] depths, int count) {
  /** The binary logarithm of the number of ints in a chunk. */
  public static final int CHUNK_BITS = 14;

  /** The mask for the index within a chunk. */
  public static final int CHUNK_MASK = (1 << CHUNK_BITS) - 1;

  /** No stacks. */
  public static final Stacks NONE = new Stacks(new int[0][], new int[0], new short[0], 0);

  /**
   * Returns the chunk that contains a stack.
   *
   * @param stack 0 to {@code count} − 1
   * @return the whole chunk, which nobody may change
   */
  public int[] chunk(int stack) {
    return chunks[positions[stack] >> CHUNK_BITS];
  }

  /**
   * Returns where a stack begins in its chunk.
   *
   * @param stack 0 to {@code count} − 1
   * @return the index of the leaf
   */
  public int leaf(int stack) {
    return positions[stack] & CHUNK_MASK;
  }
}
