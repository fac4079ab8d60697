package io.spprof.it.load;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * A load of very many threads, at the same time or one after the other. The question "gather"
 * starts a crowd of threads, of which every second one is busy for a moment, and is answered when
 * all of them are alive and idle. "dismiss" ends the crowd. "churn" starts and ends threads as fast
 * as it can, and is answered with the number of these threads and the time that they took, in ns.
 */
public final class Crowd {

  private static final long BUSY_NANOS = 2_000_000;
  private static final int STARTERS = 4;
  private static final int ALIVE = 64;

  private static volatile long sink;
  private static CountDownLatch dismissed;
  private static List<Thread> crowd = List.of();

  private Crowd() {}

  /** Arguments: number of threads in a crowd, milliseconds that a churn lasts. */
  public static void main(String[] args) throws IOException {
    int size = Integer.parseInt(args[0]);
    long churnNanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(args[1]));
    Control.serve(
        Map.of(
            "gather", () -> gather(size),
            "dismiss", Crowd::dismiss,
            "churn", () -> churn(churnNanos)));
  }

  private static String gather(int size) {
    CountDownLatch idle = new CountDownLatch(size);
    CountDownLatch end = new CountDownLatch(1);
    dismissed = end;
    crowd =
        IntStream.range(0, size)
            .mapToObj(
                i ->
                    Control.daemon(
                        "crowd-" + i,
                        () -> {
                          if (i % 2 == 0) {
                            burn();
                          }
                          idle.countDown();
                          await(end);
                        }))
            .toList();
    await(idle);
    return Integer.toString(size);
  }

  private static String dismiss() {
    dismissed.countDown();
    crowd.forEach(Crowd::join);
    return Integer.toString(crowd.size());
  }

  private static String churn(long nanos) {
    LongAdder ended = new LongAdder();
    Semaphore alive = new Semaphore(ALIVE);
    long begun = System.nanoTime();
    List<Thread> starters =
        IntStream.range(0, STARTERS)
            .mapToObj(
                i ->
                    Control.daemon(
                        "starter-" + i,
                        () -> {
                          while (System.nanoTime() - begun < nanos) {
                            alive.acquireUninterruptibly();
                            Control.daemon(
                                "short",
                                () -> {
                                  sink = Spin.steps(sink, 1_000);
                                  ended.increment();
                                  alive.release();
                                });
                          }
                        }))
            .toList();
    starters.forEach(Crowd::join);
    alive.acquireUninterruptibly(ALIVE);
    return ended.sum() + " " + (System.nanoTime() - begun);
  }

  private static void burn() {
    while (Spin.cpuNanos() < BUSY_NANOS) {
      sink = Spin.steps(sink, 10_000);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
