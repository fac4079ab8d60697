package io.spprof.it.bench;

import io.spprof.collect.Collector;
import io.spprof.collect.CollectorStats;
import io.spprof.collect.MemoryBudget;
import io.spprof.sampler.Engine;
import io.spprof.sampler.NativeFrames;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerConfig;
import io.spprof.sampler.Walker;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Feeds synthetic records to the real ring reader, the real collector (the profiler's thread, not
 * the garbage collector) and its real tables, in a separate JVM, without signals and without the
 * native library. The records have the layout of sample.h. They contain two million distinct stacks
 * of 40 frames from 20,000 methods on 64 threads, far more than the default memory holds, so that
 * the measurement shows the memory limit.
 */
final class SyntheticSamples {

  private static final long MEMORY = 32 << 20;
  private static final int DEPTH = 40;
  private static final int STACKS = 2_000_000;
  private static final int METHODS = 20_000;
  private static final int THREADS = 64;

  // the layout in sample.h and ring.h
  private static final int TAIL = 0;
  private static final int DATA = 256;
  private static final int HEADER = 32;
  private static final int FRAME = 16; // two words: bci and id
  private static final int LENGTH = HEADER + DEPTH * FRAME;
  private static final byte SAMPLE = 1;
  private static final byte PADDING = 3;
  private static final short WALKED = 1;

  private final ByteBuffer ring;
  private final int capacity;
  private final SplittableRandom random = new SplittableRandom(1);
  private long tail;

  private SyntheticSamples(int capacity) {
    this.capacity = capacity;
    this.ring = ByteBuffer.allocateDirect(DATA + capacity).order(ByteOrder.nativeOrder());
  }

  /**
   * Argument: the number of samples. Prints one line of figures in the format of {@link Target}.
   */
  public static void main(String[] args) throws Exception {
    long samples = Long.parseLong(args[0]);
    SamplerConfig config =
        new SamplerConfig(
            Engine.CTIMER, Walker.AGCT, NativeFrames.NONE, 10_000_000, 512, MEMORY / 2);
    run(100_000, config); // a first run, so that class loading and compilation are not measured
    long resident = resident();
    long live = liveBytes();
    long cpu = cpuNanos();
    Collected collected = run(samples, config);
    cpu = cpuNanos() - cpu;
    System.out.printf(
        Locale.ROOT,
        "= resident=%d live=%d own=%d stacks=%d collected=%d dropped=%d nanos=%.1f%n",
        resident() - resident,
        liveBytes() - live,
        collected.budget.used() + config.usedBytes(),
        collected.collector.stats().uniqueStacks(),
        collected.collector.stats().collected(),
        collected.collector.stats().dropped().total(),
        (double) cpu / samples);
  }

  /** The objects that must stay reachable while their size is read. */
  private record Collected(SyntheticSamples source, MemoryBudget budget, Collector collector) {}

  private static Collected run(long samples, SamplerConfig config) {
    SyntheticSamples source = new SyntheticSamples((int) config.ringBytes());
    MemoryBudget budget = new MemoryBudget(MEMORY - config.usedBytes());
    Collector collector =
        new Collector(new SampleRing(source.ring), namesOnly(), config.depth(), budget, 0, 0);
    for (long left = samples; left > 0; ) {
      int batch = (int) Math.min(left, source.capacity / 4 / LENGTH);
      for (int i = 0; i < batch; i++) {
        source.write();
      }
      left -= batch;
      collector.doWork();
    }
    CollectorStats stats = collector.stats();
    long counted = stats.collected() + stats.dropped().total();
    if (counted != samples) {
      throw new IllegalStateException(counted + " of " + samples + " samples are accounted for");
    }
    return new Collected(source, budget, collector);
  }

  private void write() {
    int at = DATA + (int) (tail & (capacity - 1));
    int end = DATA + capacity;
    if (at + LENGTH > end) {
      ring.put(at + 4, PADDING);
      ring.putInt(at, end - at);
      tail += end - at;
      at = DATA;
    }
    SplittableRandom stack = new SplittableRandom(random.nextInt(STACKS));
    ring.put(at + 4, SAMPLE);
    ring.put(at + 5, (byte) 0);
    ring.putShort(at + 6, WALKED);
    ring.putInt(at + 8, random.nextInt(THREADS));
    ring.putInt(at + 12, 2 * DEPTH);
    ring.putLong(at + 16, 0);
    ring.putLong(at + 24, 10_000_000);
    for (int i = 0; i < DEPTH; i++) {
      ring.putLong(at + HEADER + i * FRAME, 4L << 56 | 16L << 32);
      ring.putLong(at + HEADER + i * FRAME + 8, 8L * (1 + stack.nextInt(METHODS)));
    }
    ring.putInt(at, LENGTH);
    tail += LENGTH;
    ring.putLong(TAIL, tail);
  }

  /** A sampler with only the methods that a collector calls. */
  private static Sampler namesOnly() {
    return (Sampler)
        Proxy.newProxyInstance(
            Sampler.class.getClassLoader(),
            new Class<?>[] {Sampler.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "methodName" -> "com.example.application.Module.method" + arguments[0];
                  case "methodLines" -> new int[0];
                  case "currentThreadCpuNanos" -> 0L;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static long resident() throws Exception {
    liveBytes();
    return Tasks.residentBytes(ProcessHandle.current().pid());
  }

  private static long liveBytes() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    System.gc();
    System.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
