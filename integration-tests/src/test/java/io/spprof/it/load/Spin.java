package io.spprof.it.load;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** Uses CPU time by pure computation. */
final class Spin {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private static volatile long sink;

  private Spin() {}

  /** Some steps of a xorshift generator, which take about a nanosecond each. */
  static long steps(long seed, int rounds) {
    long x = seed | 1;
    for (int i = 0; i < rounds; i++) {
      x ^= x << 13;
      x ^= x >>> 7;
      x ^= x << 17;
    }
    return x;
  }

  /** Uses some CPU time, ns. */
  static void burn(long nanos) {
    long until = cpuNanos() + nanos;
    while (cpuNanos() < until) {
      sink = steps(sink, 1_000);
    }
  }

  /** The CPU time of a thread, ns. */
  static long cpuNanos(Thread thread) {
    return THREADS.getThreadCpuTime(thread.getId());
  }

  /** The CPU time of the calling thread, ns. */
  static long cpuNanos() {
    return THREADS.getCurrentThreadCpuTime();
  }
}
