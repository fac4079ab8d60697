package io.spprof.it.load;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * A load of very many threads of very short life, and of one thread that lives all the time. The
 * question "go" runs them. It is answered with the CPU time that all short-lived threads used
 * together and with the CPU time of the long-lived one, in ns, both from the threads' own CPU
 * clocks. The clocks are read before the threads exit. The question "empty" runs {@link #EMPTY}
 * threads that do nothing, one after another.
 */
public final class ShortThreads {

  /** The number of threads that do nothing. */
  public static final int EMPTY = 500;

  private static final int AT_ONCE = 4;

  private static final LongAdder SHORT_NANOS = new LongAdder();
  private static final LongAdder REFERENCE_NANOS = new LongAdder();
  private static volatile boolean done;
  private static volatile long sink;

  private ShortThreads() {}

  /** Arguments: number of threads, CPU time of each in microseconds. */
  public static void main(String[] args) throws IOException {
    int threads = Integer.parseInt(args[0]);
    long nanos = Long.parseLong(args[1]) * 1_000;
    Control.serve(Map.of("go", () -> go(threads, nanos), "empty", ShortThreads::empty));
  }

  private static String empty() {
    for (int i = 0; i < EMPTY; i++) {
      join(Control.daemon("empty", () -> {}));
    }
    return "done";
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String go(int threads, long nanos) {
    Thread reference = Control.daemon("reference", ShortThreads::burnReference);
    Semaphore slots = new Semaphore(AT_ONCE);
    for (int i = 0; i < threads; i++) {
      slots.acquireUninterruptibly();
      Control.daemon(
          "short",
          () -> {
            burnShort(nanos);
            slots.release();
          });
    }
    slots.acquireUninterruptibly(AT_ONCE);
    done = true;
    join(reference);
    return SHORT_NANOS.sum() + " " + REFERENCE_NANOS.sum();
  }

  private static void burnShort(long nanos) {
    long x = 1;
    while (Spin.cpuNanos() < nanos) {
      x = Spin.steps(x, 10_000);
    }
    sink = x;
    SHORT_NANOS.add(Spin.cpuNanos());
  }

  private static void burnReference() {
    long x = 1;
    while (!done) {
      x = Spin.steps(x, 10_000);
    }
    sink = x;
    REFERENCE_NANOS.add(Spin.cpuNanos());
  }
}
