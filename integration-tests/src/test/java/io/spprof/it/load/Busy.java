package io.spprof.it.load;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/**
 * A load of threads that do nothing but use CPU time, each at the leaf end of a stack of a chosen
 * depth. A test can make all of them idle, see {@link Gate}.
 */
public final class Busy {

  private static final Gate GATE = new Gate();
  private static volatile long sink;

  private Busy() {}

  /** Arguments: number of threads, extra frames below the busy one, number of idle threads (0). */
  public static void main(String[] args) throws IOException {
    int threads = Integer.parseInt(args[0]);
    int depth = Integer.parseInt(args[1]);
    for (int i = 0; i < threads; i++) {
      Control.daemon("busy-" + i, () -> sink(depth));
    }
    for (int i = 0; args.length > 2 && i < Integer.parseInt(args[2]); i++) {
      Control.daemon("idle-" + i, LockSupport::park);
    }
    Control.serve(GATE.answers());
  }

  private static void sink(int depth) {
    while (true) {
      GATE.pass();
      sink = deeper(depth);
    }
  }

  private static long deeper(int depth) {
    return depth == 0 ? spin() : deeper(depth - 1) + 1;
  }

  private static long spin() {
    long x = System.nanoTime();
    while (GATE.isOpen()) {
      x = Spin.steps(x, 10_000) & ~1;
      sink = x;
    }
    return x;
  }
}
