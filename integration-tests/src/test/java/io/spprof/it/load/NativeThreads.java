package io.spprof.it.load;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Loads of short-lived threads, most of which the JVM does not know. Native threads are started
 * with pthread_create and run a function of the C library.
 *
 * <p>"spin" starts a native thread with the name {@link #SPINNER}. It is busy in pthread_spin_lock
 * until "release", which is answered when the thread has ended. "brief" runs some native threads of
 * 20 ms, one after another, and is answered when all of them have ended. Each runs atoll on a
 * number with so many digits that the call takes that long. "empty" runs {@link #EMPTY} Java
 * threads that only read their CPU clocks, one after another, and is answered with the sum, ns.
 * "deaf" starts a Java thread that blocks SIGPROF, and is answered when this thread is busy; "hear"
 * is answered when this thread has ended.
 */
public final class NativeThreads {

  /** The name of the thread that "spin" starts. */
  public static final String SPINNER = "spinner";

  /** The number of threads that "empty" runs. */
  public static final int EMPTY = 10_000;

  private static final long PROBE_DIGITS = 4 << 20;
  private static final int BRIEF = 60;
  private static final double BRIEF_NANOS = 20e6;

  private static final int CLOCK_PROCESS_CPUTIME_ID = 2;
  private static final NativeLibrary C = NativeLibrary.getInstance("c");
  private static final Pointer ATOLL = C.getFunction("atoll");
  private static final Pointer SPIN_LOCK = C.getFunction("pthread_spin_lock");

  private static final Memory lock = new Memory(Integer.BYTES);
  private static Pointer spinner;

  static {
    Native.register("c");
  }

  private NativeThreads() {}

  private static native int pthread_create(
      Pointer thread, Pointer attributes, Pointer start, Pointer argument);

  private static native int pthread_join(Pointer thread, Pointer result);

  private static native int pthread_setname_np(Pointer thread, String name);

  private static native int pthread_spin_init(Pointer lock, int shared);

  private static native int pthread_spin_lock(Pointer lock);

  private static native int pthread_spin_unlock(Pointer lock);

  private static native int clock_gettime(int clock, Pointer time);

  public static void main(String[] args) throws IOException {
    succeeded(pthread_spin_init(lock, 0));
    succeeded(pthread_spin_lock(lock));
    Memory probe = digits(PROBE_DIGITS);
    long fastest = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long before = cpuNanos();
      run(probe);
      fastest = Math.min(fastest, cpuNanos() - before);
    }
    Memory brief = digits((long) (PROBE_DIGITS * BRIEF_NANOS / fastest));
    Control.serve(
        Map.of(
            "spin",
            NativeThreads::spin,
            "release",
            NativeThreads::release,
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
    succeeded(pthread_join(begin(ATOLL, number), Pointer.NULL));
  }

  private static String spin() {
    spinner = begin(SPIN_LOCK, lock);
    succeeded(pthread_setname_np(spinner, SPINNER));
    return "done";
  }

  private static String release() {
    succeeded(pthread_spin_unlock(lock)); // The thread takes the lock and ends with it.
    succeeded(pthread_join(spinner, Pointer.NULL));
    return "done";
  }

  private static Pointer begin(Pointer function, Memory argument) {
    Memory thread = new Memory(Native.POINTER_SIZE);
    succeeded(pthread_create(thread, Pointer.NULL, function, argument));
    return thread.getPointer(0);
  }

  private static void succeeded(int error) {
    if (error != 0) {
      throw new IllegalStateException("error " + error);
    }
  }

  private static String empty() {
    LongAdder used = new LongAdder();
    try {
      for (int i = 0; i < EMPTY; i++) {
        Thread thread = new Thread(() -> used.add(Spin.cpuNanos()), "empty");
        thread.start();
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return Long.toString(used.sum());
  }
}
