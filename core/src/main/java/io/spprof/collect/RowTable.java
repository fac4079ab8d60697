package io.spprof.collect;

import io.spprof.profile.Rows;
import java.util.Arrays;

/**
 * Adds up samples by stack and thread. A row is a stack and a thread, with the number of their
 * samples and the CPU time of these samples. The table consists of primitive arrays. When they are
 * full, they double, within a {@link MemoryBudget}.
 *
 * <p>Used by one thread at a time. The table of the open window is used under the lock of {@link
 * Collector}. The caller of {@link #rows()} may keep the result. The result shares the table's
 * arrays of stacks and threads, but the table only appends to these arrays. The result's columns of
 * sample counts and CPU times are copies.
 */
final class RowTable {

  /** Bytes of a row in a closed window. Such a window has no index. */
  static final int ROW_BYTES = Integer.BYTES * 2 + Long.BYTES * 2;

  private static final int FIRST_CAPACITY = 1024;

  /** Bytes of a table without rows. */
  static final long FIRST_BYTES = bytes(FIRST_CAPACITY);

  private final MemoryBudget budget;
  private HashIndex index = new HashIndex(FIRST_CAPACITY);
  private int[] stacks = new int[FIRST_CAPACITY];
  private int[] threads = new int[FIRST_CAPACITY];
  private long[] samples = new long[FIRST_CAPACITY];
  private long[] nanos = new long[FIRST_CAPACITY];
  private int count;

  RowTable(MemoryBudget budget) {
    this.budget = budget;
    budget.takeAnyway(FIRST_BYTES);
  }

  private static long bytes(int capacity) {
    return (long) capacity * (ROW_BYTES + HashIndex.ENTRY_BYTES);
  }

  /**
   * Adds samples to a row.
   *
   * @param stack the stack of the samples
   * @param thread the thread of the samples
   * @param moreSamples the number of samples
   * @param moreNanos the CPU time that the samples stand for, in nanoseconds
   * @return the row; -1 if it would be a new row and the budget has no room, in which case nothing
   *     was added
   */
  int add(int stack, int thread, long moreSamples, long moreNanos) {
    int row = row(stack, thread);
    if (row >= 0) {
      samples[row] += moreSamples;
      nanos[row] += moreNanos;
    }
    return row;
  }

  /**
   * Adds all rows of another table. Both tables must use the same numbers of stacks and threads.
   *
   * @return the row in this table for each of the other rows; null if the budget had no room for
   *     one of them
   */
  int[] addAll(Rows rows) {
    int[] newRows = new int[rows.count()];
    for (int i = 0; i < newRows.length; i++) {
      newRows[i] = add(rows.stacks()[i], rows.threads()[i], rows.samples()[i], rows.cpuNanos()[i]);
      if (newRows[i] < 0) {
        return null;
      }
    }
    return newRows;
  }

  Rows rows() {
    return new Rows(
        stacks, threads, Arrays.copyOf(samples, count), Arrays.copyOf(nanos, count), count);
  }

  /**
   * Returns the stack of each row. The table only appends to the array, or replaces it by another.
   */
  int[] stacks() {
    return stacks;
  }

  /** Returns how many bytes {@link #rows()} copies. */
  long figuresBytes() {
    return 2L * Long.BYTES * count;
  }

  /** Returns a copy of the rows, in arrays of exactly the right size. */
  Rows exact() {
    return new Rows(
        Arrays.copyOf(stacks, count),
        Arrays.copyOf(threads, count),
        Arrays.copyOf(samples, count),
        Arrays.copyOf(nanos, count),
        count);
  }

  /** Returns how many bytes {@link #exact()} copies. */
  long exactBytes() {
    return (long) ROW_BYTES * count;
  }

  /** Returns how many bytes of its budget the table has taken. */
  long bytes() {
    return bytes(stacks.length);
  }

  /**
   * Prepares to give the stacks of the table new numbers, and its threads, too, unless {@code
   * threadNumbers} is null. Nothing changes until the returned action runs.
   *
   * @return the action that makes the change, which cannot fail
   */
  Runnable renumbering(int[] stackNumbers, int[] threadNumbers) {
    int[] newStacks = new int[stacks.length];
    int[] newThreads = new int[stacks.length];
    HashIndex newIndex = new HashIndex(stacks.length);
    for (int row = 0; row < count; row++) {
      newStacks[row] = stackNumbers[stacks[row]];
      newThreads[row] = threadNumbers == null ? threads[row] : threadNumbers[threads[row]];
      newIndex.add(hash(newStacks[row], newThreads[row]), row);
    }
    return () -> {
      stacks = newStacks;
      threads = newThreads;
      index = newIndex;
    };
  }

  private HashIndex indexOf(int capacity) {
    HashIndex newIndex = new HashIndex(capacity);
    for (int row = 0; row < count; row++) {
      newIndex.add(hash(stacks[row], threads[row]), row);
    }
    return newIndex;
  }

  private int row(int stack, int thread) {
    int hash = hash(stack, thread);
    for (int at = index.first(hash); index.entry(at) >= 0; at = index.next(at)) {
      int row = index.entry(at);
      if (stacks[row] == stack && threads[row] == thread) {
        return row;
      }
    }
    if (count == stacks.length && !grow()) {
      return -1;
    }
    stacks[count] = stack;
    threads[count] = thread;
    index.add(hash, count);
    return count++;
  }

  private boolean grow() {
    int capacity = 2 * stacks.length;
    return budget.grow(bytes(capacity / 2), bytes(capacity), () -> growColumns(capacity));
  }

  private void growColumns(int capacity) {
    // The index grows first. The length of the column "stacks" is the capacity of all columns, so
    // this column grows last. If the heap has no room for one of them, the table still works,
    // because the index always has free cells.
    index = indexOf(capacity);
    threads = Arrays.copyOf(threads, capacity);
    samples = Arrays.copyOf(samples, capacity);
    nanos = Arrays.copyOf(nanos, capacity);
    stacks = Arrays.copyOf(stacks, capacity);
  }

  private static int hash(int stack, int thread) {
    return HashIndex.mix(stack * 31 + thread);
  }
}
