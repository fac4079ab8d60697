package io.spprof.collect;

import io.spprof.profile.Category;
import io.spprof.profile.CategoryTimes;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.SampleView;
import io.spprof.sampler.ThreadName;
import io.spprof.sampler.ThreadState;

/**
 * Receives the records of the ring (samples, methods, names of threads) one by one. For a sample,
 * it lets {@link StackDecoder} decode the stack, and adds the sample to the tables. It counts the
 * sample as collected, or as dropped if the tables have no room. If an exception prevents that, the
 * recorder counts the sample as dropped, and goes on.
 *
 * <p>An OutOfMemoryError, however, ends the present pass (reading of the ring) after this record.
 * The records behind it stay in the ring, and the session's thread waits a second before it reads
 * them. Each failed allocation makes the JVM collect the whole heap. It also takes one of the four
 * errors for which the JVM keeps a stack trace, which belong to the application.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class Recorder implements SampleRing.Visitor {

  private final StackDecoder decoder;
  private final MethodTable methods;
  private final FrameTable frames;
  private final ThreadTable threads;
  private final StackTable stacks;
  private final Windows windows;
  private final Compaction compaction;
  private final ComingNames comingNames;
  private final int[] stackMethods;
  private final long[] dropped = new long[DropReason.values().length]; // by ordinal()

  private boolean definitionsLost; // since the walker last restarted its numbering
  private long timesRecords;
  private long collected;
  private long unwalkable;
  private final long[] sampledCpuNanos = new long[Category.values().length]; // by ordinal()
  private long droppedCpuNanos;

  Recorder(
      StackDecoder decoder,
      MethodTable methods,
      FrameTable frames,
      ThreadTable threads,
      StackTable stacks,
      Windows windows,
      Compaction compaction,
      ComingNames comingNames) {
    this.decoder = decoder;
    this.methods = methods;
    this.frames = frames;
    this.threads = threads;
    this.stacks = stacks;
    this.windows = windows;
    this.compaction = compaction;
    this.comingNames = comingNames;
    this.stackMethods = new int[decoder.stack().length];
  }

  /**
   * Returns the counters of this recorder, together with the CPU time that the {@link Collector}
   * measures.
   *
   * @param ownCpuNanos CPU time that collecting took, in nanoseconds
   */
  CollectorStats stats(long ownCpuNanos) {
    return new CollectorStats(
        collected,
        unwalkable,
        Drops.of(dropped),
        CategoryTimes.of(sampledCpuNanos),
        droppedCpuNanos,
        ownCpuNanos,
        stacks.stackCount());
  }

  /** Returns the number of records with times of a thread so far. */
  long timesRecords() {
    return timesRecords;
  }

  /**
   * Returns whether a description may be lost for want of heap: of a method, a library, a location
   * or a thread's name. Each comes once, until the walker restarts its numbering.
   */
  boolean definitionsLost() {
    return definitionsLost;
  }

  /** Returns the number of collected samples. */
  long collected() {
    return collected;
  }

  /** Returns the CPU time of the collected samples in nanoseconds. */
  long sampledCpuNanos() {
    return CategoryTimes.of(sampledCpuNanos).total();
  }

  @Override
  public void sample(SampleView sample) {
    try {
      add(decoder.decode(sample), sample);
    } catch (RuntimeException | LinkageError e) {
      drop(DropReason.COLLECTOR_ERROR, sample.cpuNanos());
    } catch (OutOfMemoryError e) {
      drop(DropReason.COLLECTOR_ERROR, sample.cpuNanos());
      definitionsLost = true;
      throw e;
    }
  }

  private void drop(DropReason reason, long cpuNanos) {
    dropped[reason.ordinal()]++;
    droppedCpuNanos += cpuNanos;
  }

  private void add(int found, SampleView sample) {
    int thread = sample.thread();
    long cpuNanos = sample.cpuNanos();
    ThreadName name = comingNames.of(thread);
    if (name != null) {
      threads.named(thread, name);
    }
    int number = threads.number(thread, sample.threadState() == ThreadState.NO_JAVA_THREAD);
    Category category = Category.of(sample.threadState(), threads.kind(number));
    int row = rowOf(found, number, cpuNanos);
    if (row < 0 && compaction.makeRoom()) {
      row = rowOf(found, number, cpuNanos);
    }
    if (row >= 0) {
      for (int i = 0; i < found; i++) {
        stackMethods[i] = frames.method(decoder.stack()[i]);
      }
      methods.count(stackMethods, found, cpuNanos);
      windows.addTime(sample.timeNanos(), row, cpuNanos, sample.threadState());
      windows.addCategory(category, cpuNanos);
      collected++;
      sampledCpuNanos[category.ordinal()] += cpuNanos;
      unwalkable += sample.walk().unwalkable() ? 1 : 0;
    } else {
      drop(DropReason.STACK_TABLE_FULL, cpuNanos);
    }
  }

  private int rowOf(int found, int thread, long cpuNanos) {
    int stack = stacks.number(decoder.stack(), found);
    return stack < 0 ? -1 : windows.add(stack, thread, cpuNanos);
  }

  @Override
  public void method(int number, String name, int[] lines) {
    try {
      decoder.named(number, name, lines);
    } catch (OutOfMemoryError e) {
      definitionsLost = true; // The method's frames are recorded under the name for other methods.
      throw e;
    }
  }

  @Override
  public void library(int library, String path, byte[] buildId, long base) {
    try {
      decoder.library(library, path, buildId, base);
    } catch (OutOfMemoryError e) {
      definitionsLost = true; // The library's functions are recorded without its name.
      throw e;
    }
  }

  @Override
  public void function(int number, int library, long address) {
    try {
      decoder.function(number, library, address);
    } catch (OutOfMemoryError e) {
      definitionsLost = true; // Its frames are recorded under the name for other methods.
      throw e;
    }
  }

  @Override
  public void times(int thread, long userNanos, long systemNanos) {
    timesRecords++;
    try {
      threads.times(thread, userNanos, systemNanos);
    } catch (OutOfMemoryError e) {
      // These times are in no thread's figures.
      throw e;
    }
  }

  @Override
  public void forget() {
    definitionsLost = false;
    try {
      decoder.forget();
      compaction.forgetNames();
    } catch (OutOfMemoryError e) {
      // Old numbers stay until they are overwritten, or until the next reset, which this asks for.
      definitionsLost = true;
      throw e;
    }
  }

  @Override
  public void thread(int thread, ThreadName name) {
    try {
      comingNames.passed(thread);
      threads.named(thread, name);
    } catch (OutOfMemoryError e) {
      definitionsLost = true; // The thread's samples are recorded under its serial number.
      throw e;
    }
  }
}
