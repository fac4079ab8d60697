package io.spprof.it.load;

import java.io.IOException;
import java.nio.channels.Selector;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A load of threads that wait for a given time, in each of Java's ways, again and again, and use
 * CPU time in between. The question "waits" is answered with the number of waits, "short" with the
 * number of waits that ended too early.
 */
public final class Waits {

  private static final long MILLIS = 5;
  private static final Map<String, long[]> FIGURES =
      new ConcurrentHashMap<>(); // by kind: the number of waits, and of short ones

  /** Returns when its time is over. */
  private interface Wait {
    void millis(long millis) throws IOException, InterruptedException;
  }

  private Waits() {}

  /**
   * Argument: CPU time that a thread uses between two waits, microseconds. If it is 0, a busy
   * thread that blocks the signal runs beside the sleeping threads.
   */
  public static void main(String[] args) throws IOException {
    long busyNanos = Long.parseLong(args[0]) * 1_000;
    if (busyNanos == 0) {
      Deaf.start();
    }
    Object monitor = new Object();
    Selector selector = Selector.open();
    Thread blocker = Control.daemon("blocker", LockSupport::park);
    waiter("sleep", busyNanos, Thread::sleep);
    waiter(
        "park", busyNanos, millis -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis)));
    waiter(
        "wait",
        busyNanos,
        millis -> {
          synchronized (monitor) {
            monitor.wait(millis);
          }
        });
    waiter("join", busyNanos, blocker::join);
    waiter(
        "select",
        busyNanos,
        millis -> {
          if (selector.select(millis) != 0) {
            throw new IllegalStateException("a key where none is registered");
          }
        });
    Control.serve(
        Map.of(
            "waits",
            () -> Control.figures(FIGURES, 0),
            "short",
            () -> Control.figures(FIGURES, 1),
            "pester",
            Pester::everyThread));
  }

  private static void waiter(String kind, long busyNanos, Wait wait) {
    long[] figures = new long[2]; // written by this thread only; a reader may see old values
    FIGURES.put(kind, figures);
    Control.daemon(
        kind,
        () -> {
          while (true) {
            long begun = System.nanoTime();
            try {
              wait.millis(MILLIS);
            } catch (IOException | InterruptedException e) {
              throw new IllegalStateException(kind, e);
            }
            if (System.nanoTime() - begun < TimeUnit.MILLISECONDS.toNanos(MILLIS)) {
              figures[1]++;
            }
            figures[0]++;
            Spin.burn(busyNanos);
          }
        });
  }
}
