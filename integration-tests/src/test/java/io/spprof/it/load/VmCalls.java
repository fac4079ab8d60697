package io.spprof.it.load;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** A load of short calls from Java code into the VM, the vDSO and the runtime's stubs. */
public final class VmCalls {

  private static final VarHandle VALUE;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(Cell.class, "value", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final Object MONITOR = new Object();
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static final AtomicLong ATOMIC = new AtomicLong();
  private static final ConcurrentHashMap<Integer, Long> MAP = new ConcurrentHashMap<>();

  private static long guarded;

  private VmCalls() {}

  private static final class Cell implements Cloneable {
    private volatile long value;

    @Override
    public Cell clone() throws CloneNotSupportedException {
      return (Cell) super.clone();
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Cell cell = new Cell();
    Loads.serve(
        random ->
            clocks()
                + objects()
                + compareAndSet(cell)
                + contended(random)
                + locks(random)
                + self());
  }

  private static long clocks() {
    long sum = 0;
    for (int i = 0; i < 300; i++) {
      sum += System.nanoTime() + System.currentTimeMillis();
      Thread.onSpinWait();
    }
    return sum;
  }

  private static long objects() throws CloneNotSupportedException {
    long sum = 0;
    for (int i = 0; i < 300; i++) {
      Object object = new Object();
      Cell cell = new Cell();
      sum += object.hashCode() + System.identityHashCode(cell) + cell.clone().value;
      sum += object.getClass().isInstance(cell) ? 1 : 0;
      synchronized (object) { // an object that has a hash code
        sum += Thread.holdsLock(object) ? 1 : 0;
      }
    }
    return sum;
  }

  private static long compareAndSet(Cell cell) {
    for (int i = 0; i < 500; i++) {
      long old = (long) VALUE.getVolatile(cell);
      VALUE.compareAndSet(cell, old, old + 1);
      VALUE.getAndAdd(cell, 2L);
      ATOMIC.updateAndGet(x -> x + 1);
    }
    return (long) VALUE.getAcquire(cell);
  }

  private static long contended(SplittableRandom random) {
    for (int i = 0; i < 100; i++) {
      synchronized (MONITOR) {
        guarded = Spin.steps(guarded + i, random.nextInt(50));
        if (i % 50 == 0) {
          MONITOR.notifyAll();
        }
      }
    }
    return guarded;
  }

  private static long locks(SplittableRandom random) {
    for (int i = 0; i < 100; i++) {
      LOCK.lock();
      try {
        guarded = Spin.steps(guarded, 10);
      } finally {
        LOCK.unlock();
      }
      MAP.merge(random.nextInt(64), 1L, Long::sum);
    }
    LockSupport.unpark(Thread.currentThread());
    LockSupport.park();
    Thread.yield();
    return MAP.size();
  }

  /** Takes a stack trace, for which the VM also walks this stack. */
  private static long self() {
    Runtime runtime = Runtime.getRuntime();
    return Thread.currentThread().getStackTrace().length
        + StackWalker.getInstance().walk(frames -> frames.skip(1).count())
        + runtime.freeMemory()
        + runtime.totalMemory()
        + (Thread.interrupted() ? 1 : 0);
  }
}
