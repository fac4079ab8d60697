package io.spprof.collect;

import java.util.Arrays;

/**
 * The frames that each location stands for. A location is an address in compiled code; it stands
 * for a method and the methods inlined into it. The walker gives each location a number and
 * describes it once; this table keeps the description. The frames of all locations are in one
 * array, one location after the other. The first int of each location is its number of frames.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class LocationTable {

  private static final int FIRST_CAPACITY = 4096;

  private final MemoryBudget budget;
  private int[] positions =
      new int[FIRST_CAPACITY]; // by the location's number; 0 if the location is not known
  private int[] frames = new int[2 * FIRST_CAPACITY];
  private int used = 1;
  private int definitions;

  LocationTable(MemoryBudget budget) {
    this.budget = budget;
    budget.take((positions.length + frames.length) * (long) Integer.BYTES);
  }

  /** Adds a location. Does nothing if there is no room. */
  void define(int number, int[] from, int offset, int count) {
    definitions++;
    if (number >= positions.length) {
      int[] grown = grow(positions, number + 1);
      if (grown == null) {
        return;
      }
      positions = grown;
    }
    if (used + count + 1 > frames.length) {
      int[] grown = grow(frames, used + count + 1);
      if (grown == null) {
        return;
      }
      frames = grown;
    }
    positions[number] = used;
    frames[used] = count;
    System.arraycopy(from, offset, frames, used + 1, count);
    used += count + 1;
  }

  /** Removes all locations, because the walker restarts its numbering. */
  void forget() {
    int[] freshPositions = new int[FIRST_CAPACITY];
    int[] freshFrames = new int[2 * FIRST_CAPACITY];
    budget.giveBack(
        (positions.length + frames.length - 3L * FIRST_CAPACITY) * (long) Integer.BYTES);
    positions = freshPositions;
    frames = freshFrames;
    used = 1;
    definitions = 0;
  }

  /** Returns how many locations were defined since the walker last restarted its numbering. */
  int definitions() {
    return definitions;
  }

  /**
   * Copies the frames of a location, as many as {@code to} has room for.
   *
   * @return the number of all frames of the location; -1 if the location is not in the table
   */
  int copy(int number, int[] to, int offset) {
    if (number >= positions.length || positions[number] == 0) {
      return -1;
    }
    int position = positions[number];
    int count = frames[position];
    System.arraycopy(frames, position + 1, to, offset, Math.min(count, to.length - offset));
    return count;
  }

  private int[] grow(int[] array, int atLeast) {
    int capacity = Math.max(2 * array.length, Integer.highestOneBit(atLeast) * 2);
    int[][] grown = new int[1][];
    budget.grow(
        (long) array.length * Integer.BYTES,
        (long) capacity * Integer.BYTES,
        () -> grown[0] = Arrays.copyOf(array, capacity));
    return grown[0];
  }
}
