package io.spprof.it.load;

import java.io.IOException;
import java.lang.reflect.Method;
import java.util.SplittableRandom;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A load of virtual threads that yield and park at all stack depths. When such a thread continues,
 * the JVM copies only its last frames back, and a return into an older one goes through the return
 * barrier. JDK 21 and later.
 */
public final class YieldingVirtual {

  private static final int THREADS = 6;

  private YieldingVirtual() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException, ReflectiveOperationException {
    Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
    SynchronousQueue<Long> queue = new SynchronousQueue<>();
    for (int i = 0; i < THREADS; i++) {
      SplittableRandom random = new SplittableRandom(i);
      boolean gives = i % 2 == 0;
      Runnable body = () -> Loads.repeat(r -> deep(r.nextInt(60), r, gives, queue), random);
      start.invoke(null, body);
    }
    Loads.answer();
  }

  private static long deep(
      int left, SplittableRandom random, boolean gives, SynchronousQueue<Long> queue)
      throws InterruptedException {
    if (left > 0) {
      long below = deep(left - 1, random, gives, queue);
      return Spin.steps(below, 300); // works on the way back, frame by frame
    }
    long x = Spin.steps(random.nextLong(), 20_000);
    switch (random.nextInt(3)) {
      case 0 -> Thread.yield();
      case 1 -> LockSupport.parkNanos(1_000);
      default -> {
        if (gives) {
          queue.put(x);
        } else {
          x += queue.take();
        }
      }
    }
    return Spin.steps(x, 20_000);
  }
}
