package io.spprof.it.load;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * A busy thread that blocks SIGPROF, as the threads of some native libraries block every signal. If
 * a SIGPROF is meant for the process as a whole, the kernel then delivers it to another thread,
 * which may be asleep.
 */
final class Deaf {

  private static final int SIGPROF = 27;
  private static final int SIG_BLOCK = 0;
  private static final int SIZEOF_SIGSET = 128;
  private static volatile long sink;
  private static volatile boolean hears;
  private static Thread thread;

  static {
    Native.register("c");
  }

  private Deaf() {}

  private static native int pthread_sigmask(int how, Pointer set, Pointer old);

  /** Ends the thread. */
  static String end() {
    hears = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return "done";
  }

  static String start() {
    hears = false;
    thread = Control.daemon("deaf", Deaf::run);
    return "done";
  }

  private static void run() {
    // Not all signals, because the JVM itself needs SIGSEGV.
    Memory profiling = new Memory(SIZEOF_SIGSET);
    profiling.clear();
    profiling.setLong(0, 1L << (SIGPROF - 1));
    if (pthread_sigmask(SIG_BLOCK, profiling, Pointer.NULL) != 0) {
      throw new IllegalStateException("pthread_sigmask failed");
    }
    while (!hears) {
      sink = Spin.steps(sink, 10_000);
    }
  }
}
