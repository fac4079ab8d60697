package io.spprof;

import java.util.function.BooleanSupplier;

/** Waits for what another thread does; never for time to pass. */
final class WaitFor {

  /** The name of the thread that a session has, as users see it in a thread dump. */
  static final String SESSION_THREAD = "spprof-drainer";

  private static final long NEVER_NANOS = 60_000_000_000L;

  private WaitFor() {}

  static void condition(BooleanSupplier condition, String what) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > NEVER_NANOS) {
        throw new AssertionError("waited in vain for " + what);
      }
      Thread.yield();
    }
  }

  /** Until the thread waits for a lock or a latch: for good, unless somebody lets it go. */
  static void blocked(Thread thread) {
    condition(
        () ->
            thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.BLOCKED,
        thread + " to block");
  }

  /** Ends with the thread, whose failure is the test's. */
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
