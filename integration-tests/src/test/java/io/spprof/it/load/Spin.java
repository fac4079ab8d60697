package io.spprof.it.load;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** Uses CPU time by pure computation. */
final class Spin {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

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

  /** The CPU time of the calling thread, ns. */
  static long cpuNanos() {
    return THREADS.getCurrentThreadCpuTime();
  }
}
