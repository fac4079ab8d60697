package io.spprof.collect;

import io.spprof.profile.HotMethod;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.symbol.JvmtiSymbolResolver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The collector's work, apart from the thread that does it: a pass takes records out of the ring
 * and folds them into tables. A pass holds this object's lock, and so does a snapshot; meanwhile
 * the ring buffers what arrives. The lock is this object's own: callers that need several answers
 * of one moment use {@link #betweenPasses}. Nothing that is called under it takes a lock of the
 * profiler's life cycle.
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
  private long ownCpuNanos; // under the lock

  // Each holds an immutable object that a pass publishes under the lock and any thread reads.
  private volatile Extent extent = Extent.FIRST_WINDOW;
  private volatile CollectorStats stats = CollectorStats.ZERO;
  private volatile List<HotMethod> hotMethods = List.of();

  /**
   * A collector with empty tables.
   *
   * @param ring where records come from
   * @param sampler names methods and reads clocks
   * @param depth frames kept of a stack
   * @param budget what the tables may take
   * @param startNanos the session's start, before its first sample, as {@link Sampler#timeNanos()}
   *     has it
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
   * Takes what is in the ring; but nothing that came since it began to ask the names of threads:
   * see {@link Sampler#readNames()}.
   *
   * @return bytes taken; 0 if the ring was empty, or if a writer is half-way
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
   * Adds to the CPU time that the collector's thread spent on other things than {@link #doWork()}.
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
   * The figures at the end of the last pass.
   *
   * @return not null
   */
  public CollectorStats stats() {
    return stats;
  }

  /**
   * The list that {@link #refreshHotMethods()} made last.
   *
   * @return at most 20, not null
   */
  public List<HotMethod> hotMethods() {
    return hotMethods;
  }

  /** Makes the list of the hottest methods anew. */
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
   * Closes the open window and opens the next.
   *
   * @param now ns after the session's start
   * @param figures counted since the session's start
   * @param retentionNanos windows that ended longer ago go, ns
   */
  public synchronized void roll(long now, WindowFigures figures, long retentionNanos) {
    windows.roll(now, figures, retentionNanos);
    compaction.windowsRolled();
    publish();
  }

  /**
   * Whether the walker's tables are half full, or do not remember what they should.
   *
   * @param mostMethods entries of its table of methods
   * @param mostLocations entries of its table of locations
   * @return true if {@link Sampler#forgetTold()} would help
   */
  public synchronized boolean walkerIsFull(int mostMethods, int mostLocations) {
    return decoder.walkerIsFull(mostMethods, mostLocations);
  }

  /**
   * How far back the samples go, at the end of the last pass.
   *
   * @return not null
   */
  public Extent extent() {
    return extent;
  }

  /**
   * Runs an action between two passes: none is under way meanwhile, and the tables do not change.
   * The action may call this collector's methods. It holds the collector's lock and so must not
   * wait for the session's thread, nor take a lock that is held while the collector is called.
   *
   * @param action what to do, not null
   * @param <T> what it returns
   * @return what it returned
   */
  public synchronized <T> T betweenPasses(Supplier<T> action) {
    return action.get();
  }

  /**
   * What {@link #slice} copies, at most.
   *
   * @return bytes
   */
  public synchronized long sliceBytes() {
    return windows.openBytes();
  }

  /**
   * What is kept of a stretch of the session; see {@link Slice} for what becomes of it.
   *
   * @param from ns after the session's start
   * @param to the same, later than {@code from}
   * @param now the present, in the same unit
   * @param figures counted since the session's start
   * @return what was collected up to the end of the last pass
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
   * The stretches that the session is kept in, the open one last.
   *
   * @param now ns after the session's start
   * @param figures counted since the session's start
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
