package io.spprof.it;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for conditions that become true without any further action of the test. */
public final class Await {

  /**
   * After this time, a condition counts as never coming true. Even a slow machine must never need
   * as long: what takes a minute here can take ten minutes there.
   */
  public static final Duration PATIENCE = Duration.ofMinutes(15);

  private Await() {}

  /** Returns as soon as the condition holds. Fails if it does not hold within {@link #PATIENCE}. */
  public static void until(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + what);
      }
      Thread.sleep(20);
    }
  }
}
