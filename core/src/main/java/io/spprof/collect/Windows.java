package io.spprof.collect;

import io.spprof.profile.Category;
import io.spprof.profile.CategoryTimes;
import io.spprof.profile.Rows;
import io.spprof.sampler.ThreadState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Keeps the samples of a session in windows of time. Samples are added to the open window. The
 * closed windows are kept in order, the oldest first. Until the first {@link #roll}, there is only
 * the open window.
 *
 * <pre>
 *   0 ──── session's nanoseconds ───────────────────────────────────────▶ now
 *   [ merged, merged, merged ][ merged, merged ][ window ][ window ][ open …
 * </pre>
 *
 * <p>All windows are within a {@link MemoryBudget}. If a table of the session needs memory and the
 * budget has none left, {@link #reclaim} frees memory. It removes the moments (timestamps) of the
 * oldest samples, but not of the latest ones ({@link SampleLog#mayForget}); their stacks and CPU
 * times stay. When none are left to remove, it merges two neighbouring windows; it chooses the pair
 * that is shortest in proportion to its age. When too few windows are left to merge, it removes the
 * oldest window. The past therefore becomes coarser before it is lost, older parts become coarser
 * than newer parts, and totals are lost last. A merge needs memory for the sum while both windows
 * still exist.
 *
 * <p>Used under the lock of {@link Collector}. A closed window never changes. Every change is
 * prepared before it is made. If the heap has no room for the preparation, everything stays as it
 * was.
 */
final class Windows implements MemoryBudget.Reclaimer, SampleLog.Older {

  /** If there are this many closed windows or fewer, no windows are merged. */
  private static final int FEWEST = 16;

  /**
   * How close a client's time must be to the edge of a window to count as this edge. A client reads
   * edges in milliseconds by the wall clock, so its times are not exact. The distance is less than
   * half of the shortest window, so a time is close to at most one edge.
   */
  private static final long NEAR_NANOS = 50_000_000;

  private final MemoryBudget budget;
  private final long mostTimesBytes;
  private final long startNanos;
  private final ArrayList<Window> closed = new ArrayList<>();
  private long closedBytes;
  private long closedTimesBytes;
  private RowTable rows;
  private SampleLog log;
  private final long[] categoryNanos =
      new long[Category.values().length]; // of the open window, by category
  private long openedNanos;
  private WindowFigures atOpening = WindowFigures.ZERO;
  private Extent extent = Extent.FIRST_WINDOW;
  private int gone;
  private long timesLostUntil; // of closed windows; in nanoseconds after the session's start

  /**
   * Creates an object with one open window.
   *
   * @param budget the budget from which windows take memory
   * @param mostTimesBytes the maximum number of bytes for single samples
   * @param startNanos the session's start, in nanoseconds by the clock of the samples
   */
  Windows(MemoryBudget budget, long mostTimesBytes, long startNanos) {
    this.budget = budget;
    this.mostTimesBytes = mostTimesBytes;
    this.startNanos = startNanos;
    log = newLog();
    rows = new RowTable(budget);
    budget.setReclaimer(this);
  }

  private SampleLog newLog() {
    return new SampleLog(budget, mostTimesBytes, startNanos, this);
  }

  /**
   * Adds a sample to the open window.
   *
   * @return the row of the sample; -1 if there is no room, in which case nothing was added
   */
  int add(int stack, int thread, long cpuNanos) {
    return rows.add(stack, thread, 1, cpuNanos);
  }

  /** Records the time of a sample, and its thread's state, that {@link #add} has put into a row. */
  void addTime(long timeNanos, int row, long cpuNanos, ThreadState state) {
    log.add(timeNanos, row, cpuNanos, state);
  }

  /**
   * Closes the open window and opens the next one.
   *
   * @param now the present, in nanoseconds after the session's start, later than at the last call
   * @param figures the counts since the session's start
   * @param retentionNanos how long windows are kept, in nanoseconds; windows that ended earlier are
   *     removed
   */
  void roll(long now, WindowFigures figures, long retentionNanos) {
    Window window =
        new Window(
            openedNanos,
            now,
            rows.exact(),
            log.exact(),
            CategoryTimes.of(categoryNanos),
            figures.minus(atOpening));
    closed.ensureCapacity(closed.size() + 1);
    SampleLog nextLog = newLog();
    RowTable nextRows = new RowTable(budget);
    // No code from here to measure() allocates memory.
    budget.giveBack(rows.bytes() + log.bytes());
    rows = nextRows;
    timesLostUntil = Math.max(timesLostUntil, log.lostUntil());
    log = nextLog;
    Arrays.fill(categoryNanos, 0);
    insert(closed.size(), window);
    openedNanos = now;
    atOpening = figures;
    try {
      measure();
      while (!closed.isEmpty() && closed.get(0).toNanos() < now - retentionNanos) {
        dropOldest();
      }
      while (budget.used() > budget.limit() && reclaim()) {
        // The condition frees memory until the next window has room.
      }
    } catch (OutOfMemoryError e) {
      // The window is closed. The tables ask for memory again when they need it.
    }
  }

  private void insert(int at, Window window) {
    closed.add(at, window);
    closedBytes += window.bytes();
    closedTimesBytes += SampleLog.bytes(window.times());
    budget.takeAnyway(window.bytes());
  }

  private void remove(int at) {
    Window window = closed.remove(at);
    closedBytes -= window.bytes();
    closedTimesBytes -= SampleLog.bytes(window.times());
    budget.giveBack(window.bytes());
  }

  @Override
  public long reclaimable() {
    return closedBytes + log.bytes();
  }

  @Override
  public boolean reclaim() {
    boolean any =
        log.mayForget() && (forgetOldest() || log.forgetOldest()) || merge() || dropOldest();
    measure();
    return any;
  }

  /** Returns the bytes that the single samples of closed windows take. */
  @Override
  public long bytes() {
    return closedTimesBytes;
  }

  /**
   * Removes the oldest single samples, one chunk, of the oldest closed window that has any.
   *
   * @return false if no closed window has any
   */
  @Override
  public boolean forgetOldest() {
    for (int i = 0; closedTimesBytes > 0 && i < closed.size(); i++) {
      if (closed.get(i).times().chunkCount() > 0) {
        Window without = closed.get(i).withoutOldestTimes();
        timesLostUntil = Math.max(timesLostUntil, closed.get(i).times().lastNanos(0));
        remove(i);
        insert(i, without);
        return true;
      }
    }
    return false;
  }

  private boolean merge() {
    if (closed.size() <= FEWEST) {
      return false;
    }
    int best = 0;
    double shortest = Double.MAX_VALUE;
    for (int i = 0; i + 1 < closed.size(); i++) {
      double joint = closed.get(i).nanos() + closed.get(i + 1).nanos();
      double ofAge = joint / (openedNanos - closed.get(i).fromNanos());
      if (ofAge < shortest) {
        shortest = ofAge;
        best = i;
      }
    }
    Window sum = Window.of(List.of(closed.get(best), closed.get(best + 1)));
    remove(best);
    remove(best);
    insert(best, sum);
    return true;
  }

  /**
   * Removes the oldest closed window.
   *
   * @return false if there is no closed window
   */
  boolean dropOldest() {
    if (closed.isEmpty()) {
      return false;
    }
    remove(0);
    gone++;
    measure();
    return true;
  }

  /**
   * Returns the windows of a range of time, always whole windows. The first is the window that
   * contains {@code from}. The last is the window before the one that contains {@code to}. Two
   * ranges that meet at the edge of a window therefore share no window.
   *
   * <p>The window that contains {@code to} is included only in three cases: it contains {@code
   * from}, too; or {@code to} is not before {@code now}; or there would be no window otherwise. An
   * end of the range that is near the edge of a window counts as this edge.
   *
   * @param from the beginning of the range, in nanoseconds after the session's start
   * @param to the end of the range, in nanoseconds after the session's start, not before {@code
   *     from}
   * @param now the present, at which the open window ends, in nanoseconds after the session's start
   * @param figures the counts since the session's start
   * @return at least one window, unless the whole range is before the kept windows or after the
   *     present
   */
  List<Window> between(long from, long to, long now, WindowFigures figures) {
    long begin = atEdge(from);
    long end = atEdge(to);
    List<Window> found = new ArrayList<>();
    Window last = null; // the window that contains the end of the range
    for (Window window : closed) {
      if (window.toNanos() > begin && (window.toNanos() <= end || window.fromNanos() <= begin)) {
        found.add(window);
      } else if (window.fromNanos() < end && window.toNanos() > end) {
        last = window;
      }
    }
    if (begin < now && (end >= now || openedNanos <= begin)) {
      found.add(open(now, figures));
    } else if (found.isEmpty() && begin < now && end > openedNanos) {
      found.add(open(now, figures));
    }
    if (found.isEmpty() && last != null) {
      found.add(last);
    }
    return found;
  }

  /**
   * Returns since when the time of each sample is kept, in nanoseconds after the session's start.
   */
  long timesSince() {
    long lost = Math.max(timesLostUntil, log.lostUntil());
    return Math.max(extent.sinceNanos(), lost == 0 ? 0 : lost + 1);
  }

  /**
   * Returns the single samples of the windows that end after a moment, the open one last.
   *
   * @param sinceNanos the moment, in nanoseconds after the session's start
   */
  List<RecentSamples.Part> latest(long sinceNanos) {
    List<RecentSamples.Part> parts = new ArrayList<>();
    for (Window window : closed) {
      if (window.toNanos() > sinceNanos) {
        parts.add(new RecentSamples.Part(window.rows().stacks(), window.times()));
      }
    }
    parts.add(new RecentSamples.Part(rows.stacks(), log.snapshot()));
    return parts;
  }

  private Window open(long now, WindowFigures figures) {
    return new Window(
        openedNanos,
        now,
        rows.rows(),
        log.snapshot(),
        CategoryTimes.of(categoryNanos),
        figures.minus(atOpening));
  }

  /** Returns the size of a copy of the open window's sample counts and CPU times, in bytes. */
  long openBytes() {
    return rows.figuresBytes();
  }

  private long atEdge(long nanos) {
    if (nanos > openedNanos - NEAR_NANOS && nanos < openedNanos + NEAR_NANOS) {
      return openedNanos;
    }
    for (Window window : closed) {
      long edge = window.fromNanos();
      if (nanos > edge - NEAR_NANOS && nanos < edge + NEAR_NANOS) {
        return edge;
      }
    }
    return nanos;
  }

  /** Adds the CPU time of a sample to the times by category. */
  void addCategory(Category category, long cpuNanos) {
    categoryNanos[category.ordinal()] += cpuNanos;
  }

  /** Returns how far back the windows go. */
  Extent extent() {
    return extent;
  }

  private void measure() {
    long finest = closed.isEmpty() ? 0 : Long.MAX_VALUE;
    long coarsest = 0;
    for (Window window : closed) {
      finest = Math.min(finest, window.nanos());
      coarsest = Math.max(coarsest, window.nanos());
    }
    long since = closed.isEmpty() ? openedNanos : closed.get(0).fromNanos();
    extent = new Extent(since, closed.size() + 1, finest, coarsest);
  }

  /** Returns the number of closed windows that were dropped. */
  int gone() {
    return gone;
  }

  /**
   * Returns which stacks occur in any window.
   *
   * @param count the number of all stacks
   */
  boolean[] stacksInUse(int count) {
    return inUse(count, Rows::stacks);
  }

  /**
   * Returns which threads have samples in any window.
   *
   * @param count the number of all threads
   */
  boolean[] threadsInUse(int count) {
    return inUse(count, Rows::threads);
  }

  private boolean[] inUse(int count, Function<Rows, int[]> column) {
    boolean[] used = new boolean[count];
    for (Window window : closed) {
      mark(used, column.apply(window.rows()), window.rows().count());
    }
    Rows open = rows.rows();
    mark(used, column.apply(open), open.count());
    return used;
  }

  private static void mark(boolean[] used, int[] numbers, int count) {
    for (int row = 0; row < count; row++) {
      used[numbers[row]] = true;
    }
  }

  /**
   * Prepares to give all stacks in use new numbers, and all threads, too, unless {@code
   * threadNumbers} is null. Nothing changes until the returned action runs.
   *
   * @return the action that makes the change, which cannot fail
   */
  Runnable renumbering(int[] stackNumbers, int[] threadNumbers) {
    List<Window> renumbered = new ArrayList<>(closed.size());
    for (Window window : closed) {
      renumbered.add(window.renumbered(stackNumbers, threadNumbers));
    }
    Runnable ofOpen = rows.renumbering(stackNumbers, threadNumbers);
    return () -> {
      for (int i = 0; i < renumbered.size(); i++) {
        closed.set(i, renumbered.get(i));
      }
      ofOpen.run();
    };
  }
}
