package io.spprof.it;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what happens without our doing. */
public final class Await {

  /** After this, what a test waits for is taken to hang. A slow machine must never need as long. */
  public static final Duration PATIENCE = Duration.ofMinutes(5);

  private Await() {}

  /** Returns as soon as the condition holds; fails when it does not within the patience. */
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
