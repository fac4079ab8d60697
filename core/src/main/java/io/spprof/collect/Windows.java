package io.spprof.collect;

import io.spprof.Profile;
import java.util.ArrayList;
import java.util.List;

/**
 * A session's samples in stretches of time: closed windows, the oldest first, and the open one,
 * which samples are added to. Without {@link #roll} there is the open one only.
 *
 * <pre>
 *   0 ──── session's nanoseconds ───────────────────────────────────────▶ now
 *   [ merged, merged, merged ][ merged, merged ][ window ][ window ][ open …
 * </pre>
 *
 * <p>All of it is within a {@link MemoryBudget}. When that has no room, {@link #makeRoom} gives up,
 * in this order: the times of the oldest samples; the border between two windows that are,
 * together, the shortest for their age; when few are left, the oldest. So the past gets coarser
 * before it goes, the older the coarser, and totals are lost last. While two windows merge, both
 * and their sum exist.
 *
 * <p>Under the collector's lock. A closed window never changes.
 */
final class Windows {

  /** With so many closed ones or fewer, none are merged. */
  private static final int FEWEST = 16;

  private final MemoryBudget budget;
  private final long mostTimesBytes;
  private final long startNanos;
  private final List<Window> closed = new ArrayList<>();
  private RowTable rows;
  private SampleLog log;
  private long openedNanos;
  private WindowFigures atOpening = WindowFigures.ZERO;
  private int gone;

  /**
   * One open window.
   *
   * @param budget what windows take from
   * @param mostTimesBytes what the samples' times take at most
   * @param startNanos the session's start, by the samples' clock
   */
  Windows(MemoryBudget budget, long mostTimesBytes, long startNanos) {
    this.budget = budget;
    this.mostTimesBytes = mostTimesBytes;
    this.startNanos = startNanos;
    open();
  }

  private void open() {
    rows = new RowTable(budget);
    long taken = 0;
    for (Window window : closed) {
      taken += SampleLog.bytes(window.times());
    }
    while (taken + SampleLog.CHUNK_BYTES > mostTimesBytes && forgetOldestTimes()) {
      taken = 0;
      for (Window window : closed) {
        taken += SampleLog.bytes(window.times());
      }
    }
    log = new SampleLog(budget, mostTimesBytes - taken, startNanos);
  }

  /**
   * Adds a sample to the open window.
   *
   * @return its row, or -1 if there is no room; nothing was added
   */
  int add(int stack, int thread, long cpuNanos) {
    return rows.add(stack, thread, 1, cpuNanos);
  }

  /** When the sample was taken that {@link #add} gave this row. */
  void addTime(long timeNanos, int row, long cpuNanos) {
    log.add(timeNanos, row, cpuNanos);
  }

  /**
   * Closes the open window and opens the next.
   *
   * @param now the session's nanoseconds, later than the last time
   * @param figures counted since the session's start
   * @param retentionNanos windows that ended longer ago go
   */
  void roll(long now, WindowFigures figures, long retentionNanos) {
    Window window = new Window(openedNanos, now, rows.seal(), log.seal(), figures.minus(atOpening));
    budget.takeAnyway(Window.HEAD_BYTES);
    closed.add(window);
    openedNanos = now;
    atOpening = figures;
    while (!closed.isEmpty() && closed.get(0).toNanos() < now - retentionNanos) {
      dropOldest();
    }
    while (budget.used() + RowTable.FIRST_BYTES > budget.limit() && makeRoom(now)) {
      // until the next one has room
    }
    open();
  }

  /**
   * Gives something up for the budget's sake.
   *
   * @param now the session's nanoseconds
   * @return whether there was anything
   */
  boolean makeRoom(long now) {
    return forgetOldestTimes() || log.forgetOldest() || merge(now) || dropOldest();
  }

  private boolean forgetOldestTimes() {
    for (int i = 0; i < closed.size(); i++) {
      if (closed.get(i).times().count() > 0) {
        replace(i, i + 1, closed.get(i).withoutTimes());
        return true;
      }
    }
    return false;
  }

  private boolean merge(long now) {
    if (closed.size() <= FEWEST) {
      return false;
    }
    int best = 0;
    double shortest = Double.MAX_VALUE;
    for (int i = 0; i + 1 < closed.size(); i++) {
      double joint = closed.get(i).nanos() + closed.get(i + 1).nanos();
      double ofAge = joint / (now - closed.get(i).fromNanos());
      if (ofAge < shortest) {
        shortest = ofAge;
        best = i;
      }
    }
    Window first = closed.get(best).withoutTimes();
    replace(best, best + 2, Window.of(List.of(first, closed.get(best + 1).withoutTimes())));
    return true;
  }

  private boolean dropOldest() {
    if (closed.isEmpty()) {
      return false;
    }
    budget.giveBack(closed.remove(0).bytes());
    gone++;
    return true;
  }

  /** One for several that take no less. */
  private void replace(int from, int to, Window window) {
    for (Window gone : closed.subList(from, to)) {
      budget.giveBack(gone.bytes());
    }
    closed.subList(from, to).clear();
    closed.add(from, window);
    budget.takeAnyway(window.bytes());
  }

  /**
   * Whole windows that lie in a stretch: from the one that {@code from} is in to the one before
   * that {@code to} is in; the latter, too, if it is the same, or if {@code to} is not before
   * {@code now}. So two stretches of which one begins where the other ends share none.
   *
   * @param from the session's nanoseconds
   * @param to the same, not before {@code from}
   * @param now the present, at which the open window ends
   * @param figures counted since the session's start
   * @return at least one if the stretch is not wholly before what is kept, or behind the present
   */
  List<Window> between(long from, long to, long now, WindowFigures figures) {
    List<Window> found = new ArrayList<>();
    for (Window window : closed) {
      if (window.toNanos() > from && (window.toNanos() <= to || window.fromNanos() <= from)) {
        found.add(window);
      }
    }
    if (from < now && (to >= now || openedNanos <= from)) {
      found.add(
          new Window(openedNanos, now, rows.rows(), log.snapshot(), figures.minus(atOpening)));
    }
    return found;
  }

  /** How far back they go. */
  Drainer.Extent extent() {
    long finest = closed.isEmpty() ? 0 : Long.MAX_VALUE;
    long coarsest = 0;
    for (Window window : closed) {
      finest = Math.min(finest, window.nanos());
      coarsest = Math.max(coarsest, window.nanos());
    }
    long since = closed.isEmpty() ? openedNanos : closed.get(0).fromNanos();
    return new Drainer.Extent(since, closed.size() + 1, finest, coarsest);
  }

  /** Number of closed windows that went. */
  int gone() {
    return gone;
  }

  /** Which stacks any of them has, of so many. */
  boolean[] stacksInUse(int count) {
    boolean[] used = new boolean[count];
    for (Window window : closed) {
      mark(used, window.rows());
    }
    mark(used, rows.rows());
    return used;
  }

  private static void mark(boolean[] used, Profile.Rows of) {
    for (int row = 0; row < of.count(); row++) {
      used[of.stacks()[row]] = true;
    }
  }

  /** Gives all stacks in use other numbers. */
  void renumber(int[] numbers) {
    for (int i = 0; i < closed.size(); i++) {
      closed.set(i, closed.get(i).withStacks(numbers));
    }
    rows.renumber(numbers);
  }
}
