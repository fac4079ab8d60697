package io.spprof.it.load;

import java.io.IOException;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/**
 * A load of two methods that use their threads' CPU time at a ratio of 70 : 30. The threads run the
 * methods in turn. The length of each turn is random, so that no sampling interval can synchronize
 * with it. Turns are short, so the ratio also holds for a run of a few seconds that begins and ends
 * within a turn. The question "truth" is answered with the CPU time that each method really used,
 * and with the longest turn, in ns.
 */
public final class Split7030 {

  private static final double SHARE = 0.7;

  private static final LongAdder SEVENTY_NANOS = new LongAdder();
  private static final LongAdder THIRTY_NANOS = new LongAdder();
  private static final LongAccumulator LONGEST_NANOS = new LongAccumulator(Long::max, 0);
  private static volatile long sink;

  private Split7030() {}

  /**
   * One of the two methods. It is called through an interface, so that the JVM alone decides what
   * is inlined.
   */
  private interface Work {
    long work(long seed);
  }

  private static final class Seventy implements Work {
    @Override
    public long work(long seed) {
      return hotSeventy(seed);
    }
  }

  private static final class Thirty implements Work {
    @Override
    public long work(long seed) {
      return hotThirty(seed);
    }
  }

  /** Argument: number of threads. */
  public static void main(String[] args) throws IOException {
    for (int i = 0; i < Integer.parseInt(args[0]); i++) {
      SplittableRandom random = new SplittableRandom(i + 1);
      Control.daemon("split-" + i, () -> alternate(random));
    }
    Control.serve(
        Map.of(
            "truth",
            () -> SEVENTY_NANOS.sum() + " " + THIRTY_NANOS.sum() + " " + LONGEST_NANOS.get()));
  }

  private static void alternate(SplittableRandom random) {
    Work seventy = new Seventy();
    Work thirty = new Thirty();
    long usedSeventy = 0;
    long usedThirty = 0;
    while (true) {
      long slice = random.nextLong(4_000_000, 20_000_000);
      if (usedSeventy <= SHARE * (usedSeventy + usedThirty)) {
        usedSeventy += slice(seventy, slice, SEVENTY_NANOS);
      } else {
        usedThirty += slice(thirty, slice, THIRTY_NANOS);
      }
    }
  }

  private static long slice(Work work, long nanos, LongAdder total) {
    long used = 0;
    long last = Spin.cpuNanos();
    while (used < nanos) {
      sink = work.work(last);
      long now = Spin.cpuNanos();
      total.add(now - last);
      used += now - last;
      last = now;
    }
    LONGEST_NANOS.accumulate(used);
    return used;
  }

  private static long hotSeventy(long seed) {
    long x = seed | 1;
    for (int i = 0; i < 200_000; i++) {
      x ^= x << 13;
      x ^= x >>> 7;
      x ^= x << 17;
    }
    return x;
  }

  private static long hotThirty(long seed) {
    long x = seed | 1;
    for (int i = 0; i < 200_000; i++) {
      x = x * 6364136223846793005L + 1442695040888963407L;
      x ^= x >>> 29;
    }
    return x;
  }
}
