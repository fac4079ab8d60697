package io.spprof.it.load;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.SplittableRandom;

/**
 * A load of loops that another thread stops all the time, as thread dumps do. The loops stop at
 * safepoint polls within methods, at returns, and on exception paths.
 */
public final class ThreadDumps {

  private static final int SIZE = 1_024;

  private ThreadDumps() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    ThreadLocal<long[]> arrays = ThreadLocal.withInitial(() -> new long[SIZE]);
    Control.daemon("dumper", ThreadDumps::dump);
    Loads.serve(random -> sum(arrays.get(), 5_000) + leaves(random) + caught(random));
  }

  /** Looks for a deadlock, which is the cheapest operation for which the JVM stops all threads. */
  private static void dump() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    while (true) {
      Loads.sink = threads.findMonitorDeadlockedThreads() == null ? 0 : 1;
    }
  }

  private static long sum(long[] array, long count) {
    long sum = 0;
    for (long i = 0; i < count; i++) { // the counter is a long, so the loop has safepoint polls
      sum += array[(int) (i & (SIZE - 1))] ^ i;
    }
    return sum;
  }

  private static long leaves(SplittableRandom random) {
    long sum = 0;
    for (int i = 0; i < 1_000; i++) {
      sum += leaf(random.nextInt(), sum);
    }
    return sum;
  }

  private static long leaf(long left, long right) {
    return left * 31 + (right >>> 3);
  }

  private static long caught(SplittableRandom random) {
    try {
      return thrown(random);
    } catch (IllegalStateException e) {
      return 1;
    }
  }

  private static long thrown(SplittableRandom random) {
    if (random.nextInt(4) == 0) {
      throw new IllegalStateException("on purpose");
    }
    return 0;
  }
}
