package io.spprof.it.load;

import java.io.IOException;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * The common part of the loads for the stack walker: two threads, load-0 and load-1, which repeat
 * the same rounds of work for ever. The true root of their stacks is Thread.run; their own root,
 * the first method of the load itself, is {@code io.spprof.it.load.Loads.repeat}. The question
 * "rounds" is answered with the number of rounds done.
 */
final class Loads {

  /** Results are stored here, so that no compiler drops the work. */
  static volatile long sink;

  private static final int THREADS = 2;
  private static final LongAdder ROUNDS = new LongAdder();

  private Loads() {}

  /** At most some milliseconds of work, so that all parts of it run within a second. */
  @FunctionalInterface
  interface Round {
    long work(SplittableRandom random) throws Throwable;
  }

  /** Runs rounds in both threads and answers questions; never returns. */
  static void serve(Round round) throws IOException {
    for (int i = 0; i < THREADS; i++) {
      SplittableRandom random = new SplittableRandom(i + 1);
      Control.daemon("load-" + i, () -> repeat(round, random));
    }
    answer();
  }

  /** Answers questions for a load that starts its threads itself; never returns. */
  static void answer() throws IOException {
    Control.serve(Map.of("rounds", () -> Long.toString(ROUNDS.sum())));
  }

  static void repeat(Round round, SplittableRandom random) {
    repeat(round, random, Long.MAX_VALUE);
  }

  static void repeat(Round round, SplittableRandom random, long times) {
    try {
      for (long i = 0; i < times; i++) {
        sink = round.work(random);
        ROUNDS.increment();
      }
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
