package io.spprof.collect;

import io.spprof.profile.HotMethod;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.StackWord;
import io.spprof.sampler.ThreadState;
import io.spprof.sampler.WalkResult;
import io.spprof.symbol.JvmtiSymbolResolver;
import java.util.ArrayList;
import java.util.List;

/**
 * The collector's work, apart from the thread that does it: takes records out of the ring and folds
 * them into tables. One pass at a time, under this object's lock, which a snapshot takes, too; the
 * ring buffers what arrives meanwhile. The figures of the last pass can be read without the lock.
 */
public final class Collector {

  private static final String TRUNCATED = "[truncated]";
  static final int HOTTEST = 20;
  private static final int LOG_SHARE = 2; // of the budget: half
  private static final int MOST_TRANSIENTS = 1000;

  private final SampleRing ring;
  private final Sampler sampler;
  private final MethodTable methods;
  private final MethodNumbers numbers;
  private final FrameTable frames;
  private final ThreadTable threads;
  private final StackTable stacks;
  private final LocationTable locations;
  private final Windows windows;
  private final Compaction compaction;
  private final int depth;
  private final int[] scratch;
  private final int[] scratchMethods;
  private final Recorder recorder = new Recorder();
  private final ComingNames comingNames = new ComingNames();

  // Under the lock; written by the passes.
  private long collected;
  private long unwalkable;
  private long stackTableFull;
  private long collectorError;
  private long sampledCpuNanos;
  private long droppedCpuNanos;
  private long ownCpuNanos;

  /**
   * How far back the samples go.
   *
   * @param sinceNanos the beginning of the oldest window, ns after the session's start
   * @param windows number of windows, the open one included
   * @param finestNanos length of the shortest closed one, ns; 0 if there is none
   * @param coarsestNanos length of the longest closed one, ns
   */
  public record Extent(long sinceNanos, int windows, long finestNanos, long coarsestNanos) {}

  private volatile Extent extent = new Extent(0, 1, 0, 0);
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
    this.numbers = new MethodNumbers(budget, new JvmtiSymbolResolver(sampler), methods);
    this.frames = new FrameTable(budget);
    this.threads = new ThreadTable(budget);
    this.stacks = new StackTable(budget);
    this.locations = new LocationTable(budget);
    this.windows = new Windows(budget, budget.limit() / LOG_SHARE, startNanos);
    this.compaction = new Compaction(methods, frames, threads, stacks, windows);
    this.depth = depth;
    this.scratch = new int[depth + 1];
    this.scratchMethods = new int[depth + 1];
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
    stats =
        new CollectorStats(
            collected,
            unwalkable,
            stackTableFull,
            collectorError,
            sampledCpuNanos,
            droppedCpuNanos,
            ownCpuNanos,
            stacks.stackCount());
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
    int[] top = methods.hottest(HOTTEST);
    List<HotMethod> hottest = new ArrayList<>(top.length);
    for (int method : top) {
      hottest.add(
          new HotMethod(
              methods.name(method),
              percent(methods.selfNanos(method)),
              percent(methods.totalNanos(method)),
              methods.selfSamples(method)));
    }
    hotMethods = List.copyOf(hottest);
  }

  private double percent(long nanos) {
    return sampledCpuNanos == 0 ? 0 : 100.0 * nanos / sampledCpuNanos;
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
    return numbers.told() > mostMethods / 2
        || locations.told() > mostLocations / 2
        || numbers.transientsTold() > MOST_TRANSIENTS;
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

  /** Whose exceptions would end the pass: so every one is caught, counted, and the pass goes on. */
  private final class Recorder implements SampleRing.Visitor {

    private int[] definition = new int[64];

    @Override
    public void sample(
        SampleRing from,
        int framesAt,
        int count,
        int thread,
        WalkResult walk,
        boolean truncated,
        long timeNanos,
        long cpuNanos) {
      try {
        for (int i = 0; i < count; i++) {
          long id = from.method(framesAt, i);
          scratch[i] =
              id == 0
                  ? synthetic(MethodTable.NO_METHOD)
                  : frame(numbers.number(id), from.bci(framesAt, i));
        }
        ThreadState state = from.threadState(framesAt);
        add(withRoot(count, walk, truncated), thread, walk, state, timeNanos, cpuNanos);
      } catch (RuntimeException | OutOfMemoryError e) {
        failed(cpuNanos);
      }
    }

    @Override
    public void sampleInWords(
        SampleRing from,
        int wordsAt,
        int count,
        int thread,
        WalkResult walk,
        boolean truncated,
        long timeNanos,
        long cpuNanos) {
      try {
        int found = expand(from, wordsAt, count);
        boolean tooDeep = found > depth;
        int whole = withRoot(Math.min(found, depth), walk, truncated || tooDeep);
        add(whole, thread, walk, from.threadState(wordsAt), timeNanos, cpuNanos);
      } catch (RuntimeException | OutOfMemoryError e) {
        failed(cpuNanos);
      }
    }

    /** Into the scratch, which has room for one more than is kept; returns how many there are. */
    private int expand(SampleRing from, int wordsAt, int count) {
      int found = 0;
      for (int i = 0; i < count; i++) {
        long word = from.word(wordsAt, i);
        if (StackWord.isFrame(word)) {
          found = append(found, frame(word));
        } else if (StackWord.isLocation(word)) {
          int more = found > depth ? 0 : locations.copy(StackWord.number(word), scratch, found);
          found = more < 0 ? append(found, others()) : found + more;
        } else {
          int inlined = StackWord.count(word);
          define(StackWord.number(word), from, wordsAt, i + 1, inlined);
        }
      }
      return found;
    }

    private int frame(long word) {
      return frame(StackWord.number(word), StackWord.bci(word));
    }

    private int frame(int number, int bci) {
      int frame = frames.of(numbers.method(number), numbers.line(number, bci));
      return frame < 0 ? others() : frame;
    }

    private int others() {
      return synthetic(MethodTable.OTHERS);
    }

    private int synthetic(String name) {
      int frame = frames.synthetic(methods.synthetic(name));
      if (frame < 0) {
        throw new IllegalStateException("no room for " + name); // of which there are few
      }
      return frame;
    }

    private int append(int found, int frame) {
      if (found < scratch.length) {
        scratch[found] = frame;
      }
      return found + 1;
    }

    private void define(int number, SampleRing from, int wordsAt, int first, int count) {
      if (number == 0) {
        return;
      }
      if (definition.length < count) {
        definition = new int[count];
      }
      for (int i = 0; i < count; i++) {
        definition[i] = frame(from.word(wordsAt, first + i));
      }
      locations.define(number, definition, 0, count);
    }

    private int withRoot(int count, WalkResult walk, boolean truncated) {
      String root = truncated ? TRUNCATED : walk.frame();
      if (root == null) {
        return count;
      }
      scratch[count] = synthetic(root);
      return count + 1;
    }

    private void add(
        int found, int thread, WalkResult walk, ThreadState state, long timeNanos, long cpuNanos) {
      String name = comingNames.of(thread);
      if (name != null) {
        threads.named(thread, name);
      }
      int number = threads.number(thread);
      int row = place(found, number, cpuNanos);
      if (row < 0 && compaction.makeRoom()) {
        row = place(found, number, cpuNanos);
      }
      if (row >= 0) {
        for (int i = 0; i < found; i++) {
          scratchMethods[i] = frames.method(scratch[i]);
        }
        methods.count(scratchMethods, found, cpuNanos);
        windows.addTime(timeNanos, row, cpuNanos);
        windows.addState(state, cpuNanos);
        collected++;
        sampledCpuNanos += cpuNanos;
        unwalkable += walk.unwalkable() ? 1 : 0;
      } else {
        stackTableFull++;
        droppedCpuNanos += cpuNanos;
      }
    }

    private int place(int found, int thread, long cpuNanos) {
      int stack = stacks.number(scratch, found);
      return stack < 0 ? -1 : windows.add(stack, thread, cpuNanos);
    }

    private void failed(long cpuNanos) {
      collectorError++;
      droppedCpuNanos += cpuNanos;
    }

    @Override
    public void method(int number, String name, int[] lines) {
      try {
        numbers.named(number, name, lines);
      } catch (OutOfMemoryError e) {
        // Its frames stand among the others.
      }
    }

    @Override
    public void forget() {
      try {
        numbers.forget();
        locations.forget();
        compaction.forgetNames();
      } catch (OutOfMemoryError e) {
        // What was told is overwritten number by number; for the rest there may be room next time.
      }
    }

    @Override
    public void thread(int thread, String name) {
      try {
        comingNames.passed(thread);
        threads.named(thread, name);
      } catch (OutOfMemoryError e) {
        // Its samples stand under its number.
      }
    }
  }
}
