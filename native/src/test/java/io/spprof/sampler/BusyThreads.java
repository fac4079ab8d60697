package io.spprof.sampler;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/** Threads that use CPU until they are told to stop. */
final class BusyThreads implements AutoCloseable {

  static final String NAME = "busy-";

  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean ending;
  private volatile long sink;

  /** Starts them; each runs {@code first} on itself, and is busy when this returns. */
  BusyThreads(int count, Runnable first) throws InterruptedException {
    CountDownLatch busy = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      Thread thread =
          new Thread(
              () -> {
                first.run();
                busy.countDown();
                spin();
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

  private void spin() {
    long sum = 0;
    while (!ending) {
      sum = sum * 31 + System.identityHashCode(this);
    }
    sink = sum;
  }

  /** Waits until it is so; fails after a minute, which is never on any machine. */
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
