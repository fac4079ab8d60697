package io.spprof.it.load;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.Map;

/**
 * A load of threads that the JVM does not know, one after another. Each thread is started with
 * pthread_create and runs the C library's atoll on a number with so many digits that the call takes
 * the wanted CPU time. The question "native" runs these threads and is answered when all of them
 * have ended; "brief" does the same with some threads of 20 ms, and "empty" with very many Java
 * threads that do nothing. "deaf" starts a Java thread that blocks SIGPROF, and is answered when
 * this thread is busy; "hear" is answered when this thread has ended.
 */
public final class NativeThreads {

  private static final long PROBE_DIGITS = 4 << 20;
  private static final int EMPTY = 10_000;
  private static final int BRIEF = 60;
  private static final double BRIEF_NANOS = 20e6;

  private static final int CLOCK_PROCESS_CPUTIME_ID = 2;
  private static final Pointer ATOLL = NativeLibrary.getInstance("c").getFunction("atoll");

  static {
    Native.register("c");
  }

  private NativeThreads() {}

  private static native int pthread_create(
      Pointer thread, Pointer attributes, Pointer start, Pointer argument);

  private static native int pthread_join(Pointer thread, Pointer result);

  private static native int clock_gettime(int clock, Pointer time);

  /** Arguments: number of threads, CPU time of each in milliseconds. */
  public static void main(String[] args) throws IOException {
    int threads = Integer.parseInt(args[0]);
    double nanos = Long.parseLong(args[1]) * 1e6;
    Memory probe = digits(PROBE_DIGITS);
    long fastest = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long before = cpuNanos();
      run(probe);
      fastest = Math.min(fastest, cpuNanos() - before);
    }
    Memory number = digits((long) (PROBE_DIGITS * nanos / fastest));
    Memory brief = digits((long) (PROBE_DIGITS * BRIEF_NANOS / fastest));
    Control.serve(
        Map.of(
            "native",
            () -> {
              for (int i = 0; i < threads; i++) {
                run(number);
              }
              return "done";
            },
            "brief",
            () -> {
              for (int i = 0; i < BRIEF; i++) {
                run(brief);
              }
              return "done";
            },
            "empty",
            NativeThreads::empty,
            "deaf",
            Deaf::start,
            "hear",
            Deaf::end));
  }

  /** The CPU time of the process. The JDK's beans report it in steps of 10 ms. */
  private static long cpuNanos() {
    Memory time = new Memory(16);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, time);
    return time.getLong(0) * 1_000_000_000 + time.getLong(8);
  }

  private static Memory digits(long count) {
    Memory digits = new Memory(count + 1);
    digits.setMemory(0, count, (byte) '7');
    digits.setByte(count, (byte) 0);
    return digits;
  }

  private static void run(Memory number) {
    Memory thread = new Memory(Native.POINTER_SIZE);
    int error = pthread_create(thread, Pointer.NULL, ATOLL, number);
    if (error == 0) {
      error = pthread_join(thread.getPointer(0), Pointer.NULL);
    }
    if (error != 0) {
      throw new IllegalStateException("error " + error);
    }
  }

  private static String empty() {
    try {
      for (int i = 0; i < EMPTY; i++) {
        Thread thread = new Thread(() -> {}, "empty");
        thread.start();
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return "done";
  }
}
