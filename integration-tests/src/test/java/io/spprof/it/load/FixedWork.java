package io.spprof.it.load;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;

/** The same work, as often as asked: "work". */
public final class FixedWork {

  private static final AtomicLong SINK = new AtomicLong();

  private FixedWork() {}

  /** Arguments: threads, extra frames below the busy one, millions of steps a thread. */
  public static void main(String[] args) throws IOException {
    int threads = Integer.parseInt(args[0]);
    int depth = Integer.parseInt(args[1]);
    int millions = Integer.parseInt(args[2]);
    CyclicBarrier begin = new CyclicBarrier(threads + 1);
    CyclicBarrier end = new CyclicBarrier(threads + 1);
    for (int i = 0; i < threads; i++) {
      Control.daemon(
          "worker-" + i,
          () -> {
            while (true) {
              await(begin);
              SINK.addAndGet(deeper(depth, millions));
              await(end);
            }
          });
    }
    Control.serve(Map.of("work", () -> work(begin, end)));
  }

  private static String work(CyclicBarrier begin, CyclicBarrier end) {
    await(begin);
    await(end);
    return "done";
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long deeper(int depth, int millions) {
    return depth == 0 ? steps(millions) : deeper(depth - 1, millions) + 1;
  }

  private static long steps(int millions) {
    long x = 1;
    for (int i = 0; i < millions; i++) {
      x = Spin.steps(x, 1_000_000);
    }
    return x;
  }
}
