package io.spprof.it.load;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * A load for tests that run for hours. It consists of the H2 load, of classes that are loaded and
 * unloaded together with their loaders, and of threads that start and end. The questions
 * "transactions", "classes" and "threads" are answered with the number of each so far.
 */
public final class H2Churn {

  private static final int CLASS_PAUSE_MILLIS = 200;
  private static final int THREAD_PAUSE_MILLIS = 10;
  private static final long THREAD_NANOS = 2_000_000;

  private static final LongAdder CLASSES = new LongAdder();
  private static final LongAdder THREADS = new LongAdder();
  private static volatile long sink;

  private H2Churn() {}

  /** Argument: number of H2 workers. */
  public static void main(String[] args) throws IOException, SQLException {
    H2Oltp.begin(Integer.parseInt(args[0]));
    byte[] bytes = GcAndJit.fodderBytes();
    Control.daemon("class-churn", () -> churnClasses(bytes));
    Control.daemon("thread-churn", H2Churn::churnThreads);
    Control.serve(
        Map.of(
            "transactions", H2Oltp::transactions,
            "classes", () -> Long.toString(CLASSES.sum()),
            "threads", () -> Long.toString(THREADS.sum())));
  }

  private static void churnClasses(byte[] bytes) {
    while (true) {
      GcAndJit.eat(bytes);
      CLASSES.increment();
      pause(CLASS_PAUSE_MILLIS);
    }
  }

  private static void churnThreads() {
    while (true) {
      Control.daemon("short", H2Churn::burn);
      THREADS.increment();
      pause(THREAD_PAUSE_MILLIS);
    }
  }

  private static void burn() {
    long x = 1;
    while (Spin.cpuNanos() < THREAD_NANOS) {
      x = Spin.steps(x, 10_000);
    }
    sink = x;
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
