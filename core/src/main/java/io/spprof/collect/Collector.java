package io.spprof.collect;

import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.symbol.JvmtiSymbolResolver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Reads the samples that signal handlers have written into the ring, and adds them up in tables.
 * One reading of the ring is called a pass. This class contains the work; the package {@code
 * session} has the thread that calls it.
 *
 * <p>A pass holds this object's lock, and so does a snapshot of the tables. Meanwhile, new samples
 * wait in the ring. A caller that needs several values of one moment uses {@link #betweenPasses}.
 * Code that runs under this lock must not take the lock {@code lifecycle} of {@code Profiler}, and
 * must not wait for a start or a stop: both hold {@code lifecycle} while they take this lock.
 *
 * <p>The results of the last pass (counters, extent) can be read without the lock. Each of them is
 * an immutable object in a volatile field, which is written under the lock.
 */
public final class Collector {

  private static final int LOG_SHARE = 2; // half of the budget

  private final SampleRing ring;
  private final Sampler sampler;
  private final MethodTable methods;
  private final FrameTable frames;
  private final ThreadTable threads;
  private final StackTable stacks;
  private final Windows windows;
  private final Compaction compaction;
  private final StackDecoder decoder;
  private final NativeFunctions functions;
  private final ComingNames comingNames;
  private final Recorder recorder;
  private final PassCost passCost = new PassCost();

  /** CPU time of this class and its thread in nanoseconds; guarded by this object's lock. */
  private long ownCpuNanos;

  // Each of these fields refers to an immutable object. A pass writes the field under the lock; any
  // thread may read it.
  private volatile Extent extent = Extent.FIRST_WINDOW;
  private volatile CollectorStats stats = CollectorStats.ZERO;

  /**
   * Creates a collector with empty tables.
   *
   * @param ring the ring from which records are read
   * @param sampler names methods and reads clocks
   * @param depth how many frames of a stack are kept
   * @param budget limits the memory of the tables
   * @param startNanos the session's start, before its first sample, in nanoseconds by the clock of
   *     {@link Sampler#timeNanos()}
   * @param mostOverhead what the session may cost, as a part of a CPU; 0 if this is not limited.
   *     Looking up the names of native functions takes a tenth of it at most, after a first second
   */
  public Collector(
      SampleRing ring,
      Sampler sampler,
      int depth,
      MemoryBudget budget,
      long startNanos,
      double mostOverhead) {
    this.ring = ring;
    this.sampler = sampler;
    this.methods = new MethodTable(budget);
    this.frames = new FrameTable(budget);
    this.threads = new ThreadTable(budget);
    this.stacks = new StackTable(budget);
    this.functions =
        new NativeFunctions(
            new FunctionNames(budget, mostOverhead, sampler::currentThreadCpuNanos));
    this.comingNames = new ComingNames(functions);
    this.decoder =
        new StackDecoder(
            budget, new JvmtiSymbolResolver(sampler), methods, frames, functions, depth);
    this.windows = new Windows(budget, budget.limit() / LOG_SHARE, startNanos);
    this.compaction = new Compaction(methods, frames, threads, stacks, windows);
    this.recorder =
        new Recorder(decoder, methods, frames, threads, stacks, windows, compaction, comingNames);
  }

  /**
   * Makes a pass. It reads the records that were in the ring when the pass began. Records that are
   * written later must wait for the next pass, because the names of their threads are not read yet;
   * see {@link Sampler#readNames()}.
   *
   * @return the number of bytes read; 0 if the ring was empty, or if a writer has not completed its
   *     record
   */
  public int doWork() {
    return pass().bytes();
  }

  /**
   * Makes a pass, like {@link #doWork()}.
   *
   * @return what the pass has read, and what it has taken
   */
  public synchronized Pass pass() {
    long before = sampler.currentThreadCpuNanos();
    long timesBefore = recorder.timesRecords();
    long namesBefore = functions.namesCpuNanos();
    long renamesBefore = threads.renames();
    long end = ring.end();
    sampler.readNames();
    boolean isComplete = comingNames.read(ring, end);
    int bytes = isComplete ? ring.read(recorder, end) : 0;
    long sampleBytes = bytes - SampleRing.TIMES_BYTES * (recorder.timesRecords() - timesBefore);
    long took = sampler.currentThreadCpuNanos() - before;
    if (isComplete && bytes == 0) {
      passCost.emptyPass(took);
    }
    long ofNames = functions.namesCpuNanos() - namesBefore;
    long ofSamples = bytes == 0 ? 0 : passCost.ofSamples(took - ofNames, bytes, sampleBytes);
    Pass pass =
        new Pass(
            bytes, sampleBytes > 0, took, ofSamples, ofNames, threads.renames() > renamesBefore);
    ownCpuNanos += took;
    try {
      publish();
    } catch (OutOfMemoryError e) {
      ownCpuNanos -= took; // The caller does not get the pass, and adds its CPU time later.
      throw e;
    }
    return pass;
  }

  /**
   * Adds CPU time that the collector's thread spent outside of {@link #doWork()}.
   *
   * @param nanos the CPU time, in nanoseconds
   */
  public synchronized void addOwnCpuNanos(long nanos) {
    // If the heap has no room for the figures, nothing is added, and the caller adds it later.
    stats = stats.withOwnCpuNanos(ownCpuNanos + nanos);
    ownCpuNanos += nanos;
  }

  /**
   * Closes the files from which the names of native functions are read. Called after the last pass.
   */
  public synchronized void close() {
    functions.close();
  }

  /**
   * Returns the present counters, also those of a pass that failed and could not make them public.
   *
   * @return not null
   */
  public synchronized CollectorStats latestStats() {
    return recorder.stats(ownCpuNanos);
  }

  private void publish() {
    extent = windows.extent();
    stats = recorder.stats(ownCpuNanos);
  }

  /**
   * Returns the counters at the end of the last pass.
   *
   * @return not null
   */
  public CollectorStats stats() {
    return stats;
  }

  /**
   * Returns the hottest methods of the session since its start.
   *
   * @return not null
   */
  public synchronized Hottest hottest() {
    return new Hottest(0, recorder.collected(), methods.hottest(recorder.sampledCpuNanos()));
  }

  /**
   * Returns the latest samples one by one, as far as {@link SampleLog} keeps them.
   *
   * @param fromNanos the beginning, in nanoseconds after the session's start
   * @return the samples since then, or since a later moment if earlier samples are not kept
   */
  public synchronized RecentSamples recent(long fromNanos) {
    long since = Math.max(Math.max(0, fromNanos), windows.timesSince());
    return new RecentSamples(
        methods.methods(), frames.frames(), stacks.stacks(), windows.latest(since), since);
  }

  /**
   * Closes the open window of time and opens the next one. A window is a stretch of a session's
   * time whose samples are kept together.
   *
   * @param now the present, in nanoseconds after the session's start
   * @param figures the counts since the session's start
   * @param retentionNanos how long windows are kept, in nanoseconds; windows that ended earlier are
   *     removed
   */
  public synchronized void roll(long now, WindowFigures figures, long retentionNanos) {
    windows.roll(now, figures, retentionNanos);
    try {
      compaction.windowsRolled();
      publish();
    } catch (OutOfMemoryError e) {
      // The window is closed. The stacks that no window uses go when the next one is closed.
    }
  }

  /**
   * Returns whether the walker's tables should be emptied by {@link Sampler#forgetDefinitions()}.
   * This is the case if its table of methods or its table of locations (addresses in compiled code)
   * is more than half full, or if it found no room for too many methods; or if the heap had no room
   * for a description.
   *
   * @param mostMethods the capacity of the walker's table of methods, in entries
   * @param mostLocations the capacity of the walker's table of locations, in entries
   * @return true if emptying the tables would help
   */
  public synchronized boolean walkerIsFull(int mostMethods, int mostLocations) {
    return decoder.walkerIsFull(mostMethods, mostLocations) || recorder.definitionsLost();
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
   * Runs an action between two passes: no pass runs during the action, and the tables do not
   * change. The action may call the methods of this object. The action runs under this object's
   * lock. It must therefore not wait for the session's thread, nor take a lock whose holder calls
   * this object.
   *
   * @param action what to run, not null
   * @param <T> the type of the action's result
   * @return the action's result
   */
  public synchronized <T> T betweenPasses(Supplier<T> action) {
    return action.get();
  }

  /**
   * Returns the maximum number of bytes that {@link #slice} copies.
   *
   * @return bytes
   */
  public synchronized long sliceBytes() {
    return windows.openBytes();
  }

  /**
   * Returns the windows of a range of time, with the tables that they refer to. {@link Slice#merge}
   * then adds the windows up to one profile.
   *
   * @param from the beginning of the range, in nanoseconds after the session's start
   * @param to the end of the range, in nanoseconds after the session's start, later than {@code
   *     from}
   * @param now the present, in nanoseconds after the session's start
   * @param figures the counts since the session's start
   * @return the samples that were collected up to the end of the last pass
   */
  public synchronized Slice slice(long from, long to, long now, WindowFigures figures) {
    return new Slice(
        methods.methods(),
        frames.frames(),
        threads.threads(),
        stacks.stacks(),
        windows.between(from, to, now, figures));
  }

  /**
   * Returns all windows of the session, the open one last.
   *
   * @param now the present, in nanoseconds after the session's start
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
