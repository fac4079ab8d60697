package io.spprof.collect;

import io.spprof.HotMethod;
import io.spprof.Profile;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.WalkResult;
import io.spprof.symbol.JvmtiSymbolResolver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The collector's work, apart from the thread that does it: takes records out of the ring and folds
 * them into tables. One pass at a time, under this object's lock, which a snapshot takes, too; the
 * ring buffers what arrives meanwhile. The figures of the last pass can be read without the lock.
 */
public final class Drainer {

  private static final String TRUNCATED = "[truncated]";
  private static final int HOTTEST = 20;

  private final SampleRing ring;
  private final Sampler sampler;
  private final FrameTable frames;
  private final ThreadTable threads;
  private final StackTable stacks;
  private final int[] scratch;
  private final Recorder recorder = new Recorder();

  // Under the lock; written by the passes.
  private long collected;
  private long unwalkable;
  private long stackTableFull;
  private long collectorError;
  private long sampledCpuNanos;
  private long droppedCpuNanos;
  private long ownCpuNanos;

  private volatile CollectorStats stats = CollectorStats.ZERO;
  private volatile List<HotMethod> hotMethods = List.of();

  /**
   * A drainer with empty tables.
   *
   * @param ring where records come from
   * @param sampler names methods and reads clocks
   * @param depth frames kept of a stack
   * @param budget what the tables may take
   */
  public Drainer(SampleRing ring, Sampler sampler, int depth, MemoryBudget budget) {
    this.ring = ring;
    this.sampler = sampler;
    this.frames = new FrameTable(budget, new JvmtiSymbolResolver(sampler));
    this.threads = new ThreadTable(budget);
    this.stacks = new StackTable(budget);
    this.scratch = new int[depth + 1];
  }

  /**
   * Takes what is in the ring.
   *
   * @return bytes taken; 0 if the ring was empty
   */
  public synchronized int doWork() {
    long before = sampler.currentThreadCpuNanos();
    int bytes = ring.drain(recorder);
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
    int[] top = hottest();
    List<HotMethod> hottest = new ArrayList<>(top.length);
    for (int frame : top) {
      hottest.add(
          new HotMethod(
              frames.name(frame),
              percent(frames.selfNanos(frame)),
              percent(frames.totalNanos(frame)),
              frames.selfSamples(frame)));
    }
    hotMethods = List.copyOf(hottest);
  }

  /** By insertion into a short list: plain loops, as the first stop of a session waits for this. */
  private int[] hottest() {
    int[] top = new int[HOTTEST];
    int count = 0;
    for (int frame = 0; frame < frames.size(); frame++) {
      long nanos = frames.selfNanos(frame);
      if (nanos == 0 || count == HOTTEST && nanos <= frames.selfNanos(top[count - 1])) {
        continue;
      }
      int at = count < HOTTEST ? count++ : count - 1;
      for (; at > 0 && frames.selfNanos(top[at - 1]) < nanos; at--) {
        top[at] = top[at - 1];
      }
      top[at] = frame;
    }
    return Arrays.copyOf(top, count);
  }

  private double percent(long nanos) {
    return sampledCpuNanos == 0 ? 0 : 100.0 * nanos / sampledCpuNanos;
  }

  /**
   * The profile up to the end of the last pass.
   *
   * @param info its head
   * @return a snapshot
   */
  public synchronized Profile snapshot(Profile.Info info) {
    return new Profile(info, frames.names(), threads.names(), stacks.stacks(), stacks.rows());
  }

  /** Whose exceptions would end the pass: so every one is caught, counted, and the pass goes on. */
  private final class Recorder implements SampleRing.Visitor {

    @Override
    public void sample(
        SampleRing from,
        int framesAt,
        int count,
        int thread,
        WalkResult walk,
        boolean truncated,
        long cpuNanos) {
      try {
        int depth = translate(from, framesAt, count, walk, truncated);
        if (stacks.add(scratch, depth, threads.number(thread), cpuNanos)) {
          frames.count(scratch, depth, cpuNanos);
          collected++;
          sampledCpuNanos += cpuNanos;
          unwalkable += walk.unwalkable() ? 1 : 0;
        } else {
          stackTableFull++;
          droppedCpuNanos += cpuNanos;
        }
      } catch (RuntimeException | OutOfMemoryError e) {
        collectorError++;
        droppedCpuNanos += cpuNanos;
      }
    }

    private int translate(
        SampleRing from, int framesAt, int count, WalkResult walk, boolean truncated) {
      for (int i = 0; i < count; i++) {
        scratch[i] = frames.ofMethod(from.method(framesAt, i));
      }
      if (count == 0) {
        scratch[0] = frames.synthetic(walk.frame());
        return 1;
      }
      if (truncated) {
        scratch[count] = frames.synthetic(TRUNCATED);
      }
      return truncated ? count + 1 : count;
    }

    @Override
    public void thread(int thread, String name) {
      try {
        threads.named(thread, name);
      } catch (OutOfMemoryError e) {
        // Its samples stand under its number.
      }
    }
  }
}
