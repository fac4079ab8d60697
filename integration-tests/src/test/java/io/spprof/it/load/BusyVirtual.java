package io.spprof.it.load;

import java.io.IOException;
import java.lang.reflect.Method;

/**
 * A load of virtual threads that compute and yield, so that they move from one carrier thread to
 * another. A test can make all of them idle, see {@link Gate}. JDK 21 and later.
 */
public final class BusyVirtual {

  private static final Gate GATE = new Gate();
  private static volatile long sink;

  private BusyVirtual() {}

  /** Argument: number of virtual threads. */
  public static void main(String[] args) throws IOException, ReflectiveOperationException {
    Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
    for (int i = 0; i < Integer.parseInt(args[0]); i++) {
      start.invoke(null, (Runnable) BusyVirtual::spin);
    }
    Control.serve(GATE.answers());
  }

  private static void spin() {
    long x = 1;
    while (true) {
      GATE.pass();
      x = Spin.steps(x, 100_000);
      sink = x;
      Thread.yield();
    }
  }
}
