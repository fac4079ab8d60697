package io.spprof.collect;

import io.spprof.profile.Frames;
import java.util.Arrays;

/**
 * Gives each distinct frame a number. A frame is a method and a line of this method; the line is 0
 * if it is not known.
 *
 * <p>Used under the lock of {@link Collector}. The caller of {@link #frames} may keep the result.
 * The result shares the table's arrays, but the table only appends to these arrays. A removal of
 * frames copies the remaining frames into new arrays.
 */
final class FrameTable {

  private static final int FIRST_CAPACITY = 1024;
  private static final int KEPT_FOR_SYNTHETIC = 64;
  private static final int FRAME_BYTES = 2 * Integer.BYTES + HashIndex.ENTRY_BYTES;

  private final MemoryBudget budget;
  private HashIndex index = new HashIndex(FIRST_CAPACITY);
  private int[] methods = new int[FIRST_CAPACITY];
  private int[] lines = new int[FIRST_CAPACITY];
  private int count;

  FrameTable(MemoryBudget budget) {
    this.budget = budget;
    budget.take((long) FIRST_CAPACITY * FRAME_BYTES);
  }

  /**
   * Returns the number of a frame. A new frame is added.
   *
   * @return the frame's number; -1 if the budget has no room for a new frame
   */
  int of(int method, int line) {
    return of(method, line, KEPT_FOR_SYNTHETIC);
  }

  /**
   * Returns the number of the frame of a synthetic method. The table keeps some room for synthetic
   * frames, also when it has no room for other frames.
   */
  int synthetic(int method) {
    return of(method, 0, 0);
  }

  private int of(int method, int line, int kept) {
    int hash = hash(method, line);
    for (int at = index.first(hash); index.entry(at) >= 0; at = index.next(at)) {
      int frame = index.entry(at);
      if (methods[frame] == method && lines[frame] == line) {
        return frame;
      }
    }
    if (count >= methods.length - kept && !grow() && (kept > 0 || count == methods.length)) {
      return -1;
    }
    methods[count] = method;
    lines[count] = line;
    index.add(hash, count);
    return count++;
  }

  int method(int frame) {
    return methods[frame];
  }

  int count() {
    return count;
  }

  /**
   * Prepares the removal of frames. The capacity of the table does not change.
   *
   * @param kept whether a frame stays, by its number
   * @param methodNumbers the new numbers of the methods
   * @param numbers receives the new number of each frame that stays
   * @return the action that makes the removal, which cannot fail
   */
  Runnable keeping(boolean[] kept, int[] methodNumbers, int[] numbers) {
    int[] keptMethods = new int[methods.length];
    int[] keptLines = new int[methods.length];
    HashIndex keptIndex = new HashIndex(methods.length);
    int keptCount = 0;
    for (int frame = 0; frame < count; frame++) {
      if (kept[frame]) {
        int method = methodNumbers[methods[frame]];
        keptMethods[keptCount] = method;
        keptLines[keptCount] = lines[frame];
        keptIndex.add(hash(method, lines[frame]), keptCount);
        numbers[frame] = keptCount++;
      }
    }
    int stay = keptCount;
    return () -> {
      index = keptIndex;
      lines = keptLines;
      methods = keptMethods;
      count = stay;
    };
  }

  Frames frames() {
    return new Frames(methods, lines, count);
  }

  private boolean grow() {
    int capacity = 2 * methods.length;
    long bytes = (long) capacity * FRAME_BYTES;
    return budget.grow(bytes / 2, bytes, () -> growColumns(capacity));
  }

  private void growColumns(int capacity) {
    HashIndex grown = new HashIndex(capacity);
    for (int frame = 0; frame < count; frame++) {
      grown.add(hash(methods[frame], lines[frame]), frame);
    }
    // The length of the column "methods" is the capacity of all columns, so this column grows last.
    index = grown;
    lines = Arrays.copyOf(lines, capacity);
    methods = Arrays.copyOf(methods, capacity);
  }

  private static int hash(int method, int line) {
    return HashIndex.fibonacci((long) method << 32 | line & 0xffffffffL);
  }
}
