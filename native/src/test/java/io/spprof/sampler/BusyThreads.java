package io.spprof.sampler;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/** Threads that use CPU time until they are closed. */
final class BusyThreads implements AutoCloseable {

  static final String NAME = "busy-";

  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean ending;
  private volatile long sink;

  /**
   * Starts the threads. Each one runs {@code first} and then uses CPU time. All of them are busy
   * when this constructor returns.
   */
  BusyThreads(int count, Runnable first) throws InterruptedException {
    this(count, first, 1);
  }

  /**
   * Starts the threads. Each one runs {@code first} and then uses CPU time, in a stack with {@code
   * depth} frames of {@link #spin}.
   */
  BusyThreads(int count, Runnable first, int depth) throws InterruptedException {
    CountDownLatch busy = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      Thread thread =
          new Thread(
              () -> {
                first.run();
                busy.countDown();
                spin(depth);
              },
              NAME + i);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    busy.await();
  }

  BusyThreads(int count) throws InterruptedException {
    this(count, () -> {});
  }

  private void spin(int depth) {
    if (depth > 1) {
      spin(depth - 1);
      return;
    }
    long sum = 0;
    while (!ending) {
      sum = sum * 31 + System.identityHashCode(this);
    }
    sink = sum;
  }

  /**
   * Waits until a condition holds. Fails after a minute, which is far longer than any machine
   * needs.
   */
  static void await(BooleanSupplier condition, String what) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > 60_000_000_000L) {
        throw new AssertionError("waited in vain for " + what + " (" + condition + ")");
      }
      Thread.yield();
    }
  }

  @Override
  public void close() {
    ending = true;
    await(() -> threads.stream().noneMatch(Thread::isAlive), "the end of the busy threads");
  }
}
