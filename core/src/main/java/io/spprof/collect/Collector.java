package io.spprof.collect;

import io.spprof.profile.HotMethod;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.symbol.JvmtiSymbolResolver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The work of the collector, without the thread that does it. In a pass, the collector takes
 * records out of the ring and folds them into tables. A pass holds this object's lock, and so does
 * a snapshot; meanwhile the ring buffers new records. The lock is this object's own. Callers that
 * need several figures of one moment use {@link #betweenPasses}. No code that runs under the lock
 * takes a lock of the profiler's life cycle.
 *
 * <p>The figures of the last pass can be read without the lock. Each is an immutable object in a
 * volatile field, written at the end of a pass.
 */
public final class Collector {

  private static final int LOG_SHARE = 2; // of the budget: half

  private final SampleRing ring;
  private final Sampler sampler;
  private final MethodTable methods;
  private final FrameTable frames;
  private final ThreadTable threads;
  private final StackTable stacks;
  private final Windows windows;
  private final Compaction compaction;
  private final StackDecoder decoder;
  private final ComingNames comingNames = new ComingNames();
  private final Recorder recorder;
  private long ownCpuNanos; // guarded by this object's lock

  // Each field refers to an immutable object. A pass writes the field under the lock; any thread
  // reads it.
  private volatile Extent extent = Extent.FIRST_WINDOW;
  private volatile CollectorStats stats = CollectorStats.ZERO;
  private volatile List<HotMethod> hotMethods = List.of();

  /**
   * Creates a collector with empty tables.
   *
   * @param ring the ring from which records are read
   * @param sampler names methods and reads clocks
   * @param depth frames kept of a stack
   * @param budget limits the memory of the tables
   * @param startNanos the session's start, before its first sample, ns by the clock of {@link
   *     Sampler#timeNanos()}
   */
  public Collector(
      SampleRing ring, Sampler sampler, int depth, MemoryBudget budget, long startNanos) {
    this.ring = ring;
    this.sampler = sampler;
    this.methods = new MethodTable(budget);
    this.frames = new FrameTable(budget);
    this.threads = new ThreadTable(budget);
    this.stacks = new StackTable(budget);
    this.decoder =
        new StackDecoder(budget, new JvmtiSymbolResolver(sampler), methods, frames, depth);
    this.windows = new Windows(budget, budget.limit() / LOG_SHARE, startNanos);
    this.compaction = new Compaction(methods, frames, threads, stacks, windows);
    this.recorder =
        new Recorder(decoder, methods, frames, threads, stacks, windows, compaction, comingNames);
  }

  /**
   * Makes a pass: reads the records in the ring, except those that were written after the pass
   * began to read the names of threads. {@link Sampler#readNames()} gives the reason.
   *
   * @return bytes read; 0 if the ring was empty, or if a writer has not completed its record
   */
  public synchronized int doWork() {
    long before = sampler.currentThreadCpuNanos();
    long end = ring.end();
    sampler.readNames();
    int bytes = comingNames.read(ring) ? ring.drain(recorder, end) : 0;
    ownCpuNanos += sampler.currentThreadCpuNanos() - before;
    publish();
    return bytes;
  }

  /**
   * Adds CPU time that the collector's thread spent outside of {@link #doWork()}.
   *
   * @param nanos ns
   */
  public synchronized void addOwnCpuNanos(long nanos) {
    ownCpuNanos += nanos;
    publish();
  }

  private void publish() {
    extent = windows.extent();
    stats = recorder.stats(ownCpuNanos);
  }

  /**
   * Returns the figures at the end of the last pass.
   *
   * @return not null
   */
  public CollectorStats stats() {
    return stats;
  }

  /**
   * Returns the list from the last call of {@link #refreshHotMethods()}.
   *
   * @return at most 20, not null
   */
  public List<HotMethod> hotMethods() {
    return hotMethods;
  }

  /** Computes the list of the hottest methods again. */
  public synchronized void refreshHotMethods() {
    int[] top = methods.hottest(MethodTable.HOTTEST);
    long all = recorder.sampledCpuNanos();
    List<HotMethod> hottest = new ArrayList<>(top.length);
    for (int method : top) {
      hottest.add(
          new HotMethod(
              methods.name(method),
              percent(methods.selfNanos(method), all),
              percent(methods.totalNanos(method), all),
              methods.selfSamples(method)));
    }
    hotMethods = List.copyOf(hottest);
  }

  private static double percent(long nanos, long all) {
    return all == 0 ? 0 : 100.0 * nanos / all;
  }

  /**
   * Closes the open window of time and opens the next one.
   *
   * @param now ns after the session's start
   * @param figures the counts since the session's start
   * @param retentionNanos windows that ended longer ago than this are removed, ns
   */
  public synchronized void roll(long now, WindowFigures figures, long retentionNanos) {
    windows.roll(now, figures, retentionNanos);
    compaction.windowsRolled();
    publish();
  }

  /**
   * Whether the walker's tables of methods and locations are more than half full, or too many
   * methods found no room in them.
   *
   * @param mostMethods capacity of its table of methods, entries
   * @param mostLocations capacity of its table of locations, entries
   * @return true if {@link Sampler#forgetTold()}, which empties these tables, would help
   */
  public synchronized boolean walkerIsFull(int mostMethods, int mostLocations) {
    return decoder.walkerIsFull(mostMethods, mostLocations);
  }

  /**
   * Returns how far back the samples go, as of the end of the last pass.
   *
   * @return not null
   */
  public Extent extent() {
    return extent;
  }

  /**
   * Runs an action between two passes. No pass runs during the action, and the tables do not
   * change. The action may call this collector's methods. The action holds the collector's lock. So
   * it must not wait for the session's thread, nor take a lock that is held while the collector is
   * called.
   *
   * @param action what to run, not null
   * @param <T> the type of the action's result
   * @return the action's result
   */
  public synchronized <T> T betweenPasses(Supplier<T> action) {
    return action.get();
  }

  /**
   * Returns the most that {@link #slice} copies.
   *
   * @return bytes
   */
  public synchronized long sliceBytes() {
    return windows.openBytes();
  }

  /**
   * Returns the windows of a range of time, with the tables that they refer to. {@link Slice#merge}
   * makes them one profile.
   *
   * @param from the range's beginning, ns after the session's start
   * @param to the range's end, ns after the session's start, later than {@code from}
   * @param now the present, ns after the session's start
   * @param figures the counts since the session's start
   * @return the samples that were collected up to the end of the last pass
   */
  public synchronized Slice slice(long from, long to, long now, WindowFigures figures) {
    return new Slice(
        methods.names(),
        frames.frames(),
        threads.names(),
        stacks.stacks(),
        windows.between(from, to, now, figures));
  }

  /**
   * Returns all windows of the session, the open one last.
   *
   * @param now ns after the session's start
   * @param figures the counts since the session's start
   * @return one or more
   */
  public synchronized List<Slice.Stretch> stretches(long now, WindowFigures figures) {
    List<Slice.Stretch> all = new ArrayList<>();
    for (Window window : windows.between(0, Long.MAX_VALUE, now, figures)) {
      all.add(Slice.Stretch.of(window));
    }
    return all;
  }
}
