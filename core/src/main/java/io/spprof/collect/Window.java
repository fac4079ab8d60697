package io.spprof.collect;

import io.spprof.profile.CategoryTimes;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import java.util.ArrayList;
import java.util.List;

/**
 * A closed window: the samples of one stretch of a session's time. Immutable. The rows contain
 * numbers of stacks and threads, which refer to the session's tables.
 *
 * @param fromNanos the beginning of the window, in nanoseconds after the session's start
 * @param toNanos the end of the window, in nanoseconds after the session's start; the next window
 *     begins there
 * @param rows the samples, added up by stack and thread
 * @param times the same samples one by one, as far as they are kept
 * @param categories the samples' CPU time by what it was used for
 * @param figures further counts of this time
 */
record Window(
    long fromNanos,
    long toNanos,
    Rows rows,
    SampleTimes times,
    CategoryTimes categories,
    WindowFigures figures) {

  /** Bytes of a window's objects and array headers. */
  static final int HEAD_BYTES = 256;

  /** Returns how many bytes of a budget the window takes. */
  long bytes() {
    return HEAD_BYTES + (long) rows.count() * RowTable.ROW_BYTES + SampleLog.bytes(times);
  }

  long nanos() {
    return toNanos - fromNanos;
  }

  long samples() {
    long sum = 0;
    for (int i = 0; i < rows.count(); i++) {
      sum += rows.samples()[i];
    }
    return sum;
  }

  long cpuNanos() {
    long sum = 0;
    for (int i = 0; i < rows.count(); i++) {
      sum += rows.cpuNanos()[i];
    }
    return sum;
  }

  /**
   * Returns the size of the arrays that hold new numbers of rows while a window is merged, in
   * bytes.
   */
  private static long rowNumbersBytes(Window window) {
    return Integer.BYTES * (window.rows.count() + window.times.count());
  }

  Window withoutOldestTimes() {
    return new Window(fromNanos, toNanos, rows, times.withoutOldest(), categories, figures);
  }

  /**
   * Returns a copy with new numbers of stacks, and with new numbers of threads unless {@code
   * threadNumbers} is null.
   */
  Window renumbered(int[] stackNumbers, int[] threadNumbers) {
    int[] stacks = new int[rows.count()];
    int[] threads = new int[rows.count()];
    for (int row = 0; row < stacks.length; row++) {
      int thread = rows.threads()[row];
      stacks[row] = stackNumbers[rows.stacks()[row]];
      threads[row] = threadNumbers == null ? thread : threadNumbers[thread];
    }
    Rows renumbered = new Rows(stacks, threads, rows.samples(), rows.cpuNanos(), rows.count());
    return new Window(fromNanos, toNanos, renumbered, times, categories, figures);
  }

  /**
   * Merges consecutive windows into one window, including their single samples. No budget limits
   * the result.
   */
  static Window of(List<Window> windows) {
    return of(windows, new MemoryBudget(Long.MAX_VALUE));
  }

  /**
   * Merges consecutive windows into one window, within a budget.
   *
   * @return the merged window; null if the budget has no room
   */
  static Window of(List<Window> windows, MemoryBudget budget) {
    if (windows.size() == 1) {
      return windows.get(0);
    }
    RowTable sum = new RowTable(budget);
    List<SampleTimes.Chunk> chunks = new ArrayList<>();
    long forgotten = 0;
    CategoryTimes categories = CategoryTimes.NONE;
    WindowFigures figures = WindowFigures.ZERO;
    for (Window window : windows) {
      int[] newRows = budget.take(rowNumbersBytes(window)) ? sum.addAll(window.rows) : null;
      if (newRows == null) {
        return null;
      }
      chunks.addAll(window.times.withRows(newRows));
      forgotten += window.times.forgotten();
      categories = categories.plus(window.categories);
      figures = figures.plus(window.figures);
    }
    if (!budget.take(sum.exactBytes())) {
      return null;
    }
    return new Window(
        windows.get(0).fromNanos,
        windows.get(windows.size() - 1).toNanos,
        sum.exact(),
        new SampleTimes(chunks, forgotten),
        categories,
        figures);
  }
}
