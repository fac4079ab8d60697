package io.spprof.it.load;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Threads that are all busy, each at the end of a stack, or all idle, as asked: "busy", "idle". */
public final class Swinging {

  private static volatile boolean busy;
  private static final AtomicLong SINK = new AtomicLong();

  private Swinging() {}

  /** Arguments: number of threads, extra frames below the busy one. They begin idle. */
  public static void main(String[] args) throws IOException {
    Thread[] threads = new Thread[Integer.parseInt(args[0])];
    int depth = Integer.parseInt(args[1]);
    for (int i = 0; i < threads.length; i++) {
      threads[i] = Control.daemon("swinging-" + i, () -> swing(depth));
    }
    Control.serve(
        Map.of(
            "busy", () -> turn(threads, true),
            "idle", () -> turn(threads, false)));
  }

  private static String turn(Thread[] threads, boolean on) {
    busy = on;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
    return "done";
  }

  private static void swing(int depth) {
    while (true) {
      if (busy) {
        SINK.addAndGet(deeper(depth));
      } else {
        LockSupport.park();
      }
    }
  }

  private static long deeper(int depth) {
    return depth == 0 ? spin() : deeper(depth - 1) + 1;
  }

  private static long spin() {
    long x = System.nanoTime();
    while (busy) {
      x = Spin.steps(x, 10_000);
    }
    return x;
  }
}
