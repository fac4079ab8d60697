package io.spprof;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits until another thread has done something, and never just for time to pass. */
final class WaitFor {

  /** The name of the thread that a session has, as users see it in a thread dump. */
  static final String SESSION_THREAD = "spprof-collector";

  private static final long NEVER_NANOS = 60_000_000_000L;

  private WaitFor() {}

  static void condition(BooleanSupplier condition, String what) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > NEVER_NANOS) {
        throw new AssertionError("waited in vain for " + what);
      }
      LockSupport.parkNanos(100_000); // leaves the CPU to the threads it waits for
    }
  }

  /**
   * Waits until the thread blocks on a lock or a latch, from which only another thread can release
   * it.
   */
  static void blocked(Thread thread) {
    condition(
        () ->
            thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.BLOCKED,
        thread + " to block");
  }

  /** Waits for the thread's end. If the thread failed, the test fails. */
  static void end(Thread thread) throws InterruptedException {
    thread.join(NEVER_NANOS / 1_000_000);
    if (thread.isAlive()) {
      AssertionError stuck = new AssertionError(thread + " is stuck");
      stuck.setStackTrace(thread.getStackTrace());
      throw stuck;
    }
  }

  static boolean collectorAlive() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals(SESSION_THREAD) && thread.isAlive());
  }
}
