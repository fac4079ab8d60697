package io.spprof.collect;

import io.spprof.profile.Profile;
import io.spprof.profile.StateTimes;
import io.spprof.sampler.ThreadState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * A session's samples in stretches of time: closed windows, the oldest first, and the open one,
 * which samples are added to. Without {@link #roll} there is the open one only.
 *
 * <pre>
 *   0 ──── session's nanoseconds ───────────────────────────────────────▶ now
 *   [ merged, merged, merged ][ merged, merged ][ window ][ window ][ open …
 * </pre>
 *
 * <p>All windows are within a {@link MemoryBudget}. When the budget has no room for something of
 * the session, {@link #reclaim} gives up memory in this order. First the times of the oldest
 * samples go. Then two neighbouring windows are merged: those that are, together, the shortest for
 * their age. When few windows are left, the oldest one goes. So the past gets coarser before it is
 * lost, older parts more so, and totals are lost last. While two windows merge, both and their sum
 * exist.
 *
 * <p>Used under the collector's lock. A closed window never changes. Every change is prepared
 * first: if the heap has no room for that, everything stays as it was.
 */
final class Windows implements MemoryBudget.Reclaimer, SampleLog.Older {

  /** With so many closed ones or fewer, none are merged. */
  private static final int FEWEST = 16;

  /**
   * Clients read an edge in milliseconds, by a clock that is not ours; half of the least window.
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
  private final long[] stateNanos = new long[ThreadState.values().length]; // of the open window
  private long openedNanos;
  private WindowFigures atOpening = WindowFigures.ZERO;
  private Extent extent = Extent.FIRST_WINDOW;
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
    Window window =
        new Window(
            openedNanos,
            now,
            rows.exact(),
            log.exact(),
            StateTimes.of(stateNanos),
            figures.minus(atOpening));
    closed.ensureCapacity(closed.size() + 1);
    SampleLog nextLog = newLog();
    RowTable nextRows = new RowTable(budget);
    // Nothing is allocated from here on.
    budget.giveBack(rows.bytes() + log.bytes());
    rows = nextRows;
    log = nextLog;
    Arrays.fill(stateNanos, 0);
    insert(closed.size(), window);
    openedNanos = now;
    atOpening = figures;
    while (!closed.isEmpty() && closed.get(0).toNanos() < now - retentionNanos) {
      dropOldest();
    }
    measure();
    while (budget.used() > budget.limit() && reclaim()) {
      // until the next one has room
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
    boolean any = forgetOldest() || log.forgetOldest() || merge() || dropOldest();
    measure();
    return any;
  }

  /** What the times of closed windows take. */
  @Override
  public long bytes() {
    return closedTimesBytes;
  }

  /** The times of the oldest closed window that has some. */
  @Override
  public boolean forgetOldest() {
    for (int i = 0; closedTimesBytes > 0 && i < closed.size(); i++) {
      if (closed.get(i).times().chunkCount() > 0) {
        Window without = closed.get(i).withoutTimes();
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
    Window sum =
        Window.of(List.of(closed.get(best).withoutTimes(), closed.get(best + 1).withoutTimes()));
    remove(best);
    remove(best);
    insert(best, sum);
    return true;
  }

  /** Gives the oldest closed window up; false if there is none. */
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
   * Whole windows that lie in a stretch: from the one that {@code from} is in to the one before
   * that {@code to} is in; the latter, too, if it is the same, or if {@code to} is not before
   * {@code now}, or if there is no other. An end that is near a window's edge is at the edge. So
   * two stretches that meet at an edge share no window.
   *
   * @param from the session's nanoseconds
   * @param to the same, not before {@code from}
   * @param now the present, at which the open window ends
   * @param figures counted since the session's start
   * @return at least one if the stretch is not wholly before what is kept, or behind the present
   */
  List<Window> between(long from, long to, long now, WindowFigures figures) {
    long begin = atEdge(from);
    long end = atEdge(to);
    List<Window> found = new ArrayList<>();
    Window last = null; // that the end is in
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

  private Window open(long now, WindowFigures figures) {
    return new Window(
        openedNanos,
        now,
        rows.rows(),
        log.snapshot(),
        StateTimes.of(stateNanos),
        figures.minus(atOpening));
  }

  /** What a copy of the open window's figures takes, bytes. */
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

  /** Adds a sample that has its row to the times by state. */
  void addState(ThreadState state, long cpuNanos) {
    stateNanos[state.ordinal()] += cpuNanos;
  }

  /** How far back they go. */
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

  /** Number of closed windows that went. */
  int gone() {
    return gone;
  }

  /** Which stacks any of them has, of so many. */
  boolean[] stacksInUse(int count) {
    return inUse(count, Profile.Rows::stacks);
  }

  /** Which threads have samples in any of them, of so many. */
  boolean[] threadsInUse(int count) {
    return inUse(count, Profile.Rows::threads);
  }

  private boolean[] inUse(int count, Function<Profile.Rows, int[]> column) {
    boolean[] used = new boolean[count];
    for (Window window : closed) {
      mark(used, column.apply(window.rows()), window.rows().count());
    }
    Profile.Rows open = rows.rows();
    mark(used, column.apply(open), open.count());
    return used;
  }

  private static void mark(boolean[] used, int[] numbers, int count) {
    for (int row = 0; row < count; row++) {
      used[numbers[row]] = true;
    }
  }

  /**
   * Prepares other numbers for all stacks in use, and for all threads unless {@code threadNumbers}
   * is null.
   *
   * @return the change, which cannot fail
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
