package io.spprof.it;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what happens without our doing. */
public final class Await {

  private Await() {}

  /** Returns as soon as the condition holds; fails when it does not within the time. */
  public static void until(String what, Duration atMost, Callable<Boolean> condition)
      throws Exception {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + atMost.toSeconds() + " s: " + what);
      }
      Thread.sleep(20);
    }
  }
}
