package io.spprof.it.load;

import java.io.IOException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A load of virtual threads, a few for each way in which a virtual thread leaves and regains a
 * carrier: yields, parks and sleeps at different depths, contended locks and monitors, waits, and
 * yields while pinned. Other threads throw exceptions through frames from before a pause, or end.
 * JDK 21 and later.
 */
public final class VirtualWays {

  private static final ReentrantLock LOCK = new ReentrantLock();
  private static final Object MONITOR = new Object();

  private VirtualWays() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException, ReflectiveOperationException {
    Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
    List<Loads.Round> ways =
        List.of(
            random -> pause(random, 3, Thread::yield),
            random -> pause(random, 40, () -> Thread.sleep(0, 200_000)),
            random -> pause(random, 5, () -> LockSupport.parkNanos(50_000)),
            VirtualWays::monitor,
            VirtualWays::lock,
            VirtualWays::await,
            VirtualWays::fail,
            random -> end(start, random));
    for (int i = 0; i < 2 * ways.size(); i++) {
      SplittableRandom random = new SplittableRandom(i);
      Loads.Round way = ways.get(i / 2);
      start.invoke(null, (Runnable) () -> Loads.repeat(way, random));
    }
    Loads.answer();
  }

  private interface Pause {
    void take() throws InterruptedException;
  }

  private static long pause(SplittableRandom random, int depth, Pause pause)
      throws InterruptedException {
    if (depth > 0) {
      return Spin.steps(pause(random, depth - 1, pause), 200);
    }
    long before = Spin.steps(random.nextLong(), 3_000);
    pause.take();
    return Spin.steps(before, 3_000);
  }

  /** Pinned in releases where a monitor pins, otherwise preempted. */
  private static long monitor(SplittableRandom random) throws InterruptedException {
    synchronized (MONITOR) {
      return pause(random, 2, Thread::yield);
    }
  }

  private static long lock(SplittableRandom random) throws InterruptedException {
    LOCK.lock();
    try {
      return pause(random, 2, Thread::yield);
    } finally {
      LOCK.unlock();
    }
  }

  private static long await(SplittableRandom random) throws InterruptedException {
    Object mine = new Object();
    synchronized (mine) {
      mine.wait(1);
    }
    return Spin.steps(random.nextLong(), 5_000);
  }

  /** Throws an exception through frames, some of which come back from the heap for it. */
  private static long fail(SplittableRandom random) {
    try {
      return pause(
          random,
          20,
          () -> {
            Thread.yield();
            throw new InterruptedException("of the load");
          });
    } catch (InterruptedException e) {
      return Spin.steps(random.nextLong(), 3_000);
    }
  }

  private static long end(Method start, SplittableRandom random) throws Exception {
    SplittableRandom its = random.split();
    Runnable body = () -> Loads.repeat(r -> Spin.steps(r.nextLong(), 5_000), its, 1);
    ((Thread) start.invoke(null, body)).join();
    return Spin.steps(random.nextLong(), 1_000);
  }
}
