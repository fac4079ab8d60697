package io.spprof.it.load;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A load that starts threads which do nothing, one after the other. The question "go" starts a
 * number of them and is answered when all have ended. "loop" starts them until the question "end".
 * "started" is answered with the number of threads started. "worker" starts one more thread, named
 * "worker", which works in {@code longWork} from then on.
 */
public final class ThreadStarts {

  private static volatile boolean loops;
  private static volatile double result;
  private static final AtomicLong STARTED = new AtomicLong();

  private ThreadStarts() {}

  /** Argument: the number of threads. */
  public static void main(String[] args) throws IOException {
    int count = Integer.parseInt(args[0]);
    Control.serve(
        Map.of(
            "go", () -> go(count),
            "loop", ThreadStarts::loop,
            "end", ThreadStarts::end,
            "started", () -> Long.toString(STARTED.get()),
            "worker", ThreadStarts::worker));
  }

  private static String go(int count) {
    for (int i = 0; i < count; i++) {
      one();
    }
    return "done";
  }

  private static void one() {
    Thread thread = Control.daemon("empty", () -> {});
    STARTED.incrementAndGet();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String loop() {
    loops = true;
    Control.daemon(
        "starter",
        () -> {
          while (loops) {
            one();
          }
        });
    return "done";
  }

  private static String end() {
    loops = false;
    return "done";
  }

  private static String worker() {
    Control.daemon("worker", ThreadStarts::longWork);
    return "done";
  }

  private static void longWork() {
    while (true) {
      double sum = 0;
      for (int i = 1; i < 100_000; i++) {
        sum += Math.sqrt(i);
      }
      result = sum;
    }
  }
}
