package io.spprof.it.load;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * A load of threads that start and end all the time, so that some threads are always about to end.
 */
public final class OneAfterTheOther {

  private static final int ALIVE = 8;
  private static volatile long sink;

  private OneAfterTheOther() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Semaphore alive = new Semaphore(ALIVE);
    Control.daemon(
        "starter",
        () -> {
          while (true) {
            alive.acquireUninterruptibly();
            Control.daemon(
                "short",
                () -> {
                  sink = Spin.steps(sink, 100_000);
                  alive.release();
                });
          }
        });
    Control.serve(Map.of());
  }
}
