package io.spprof.it.load;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.Map;

/**
 * A load whose thread switches to a stack of its own and uses CPU time in the C library there, as
 * native code with coroutines does. The JVM does not know this stack, so no walker can read the
 * thread's frames. Linux x86-64 with glibc.
 */
public final class OtherStack {

  /** The name of the thread. */
  public static final String THREAD = "on another stack";

  private static final int CONTEXT_BYTES = 2048; // more than a ucontext_t
  private static final int STACK_BYTES = 256 << 10; // room for a signal handler
  private static final int WORK_BYTES = 64 << 20; // to be filled: some 10 ms

  // Offsets in a ucontext_t.
  private static final int LINK = 8;
  private static final int STACK = 16;
  private static final int STACK_SIZE = 32;

  private static volatile long rounds;

  static {
    Native.register("c");
  }

  private OtherStack() {}

  static native int getcontext(Pointer context);

  static native void makecontext(
      Pointer context, Pointer function, int arguments, Pointer to, long value, long size);

  static native int swapcontext(Pointer from, Pointer to);

  /** Takes no arguments. The question "rounds" is answered with the number of switches. */
  public static void main(String[] args) throws IOException {
    Memory own = new Memory(CONTEXT_BYTES);
    Memory other = new Memory(CONTEXT_BYTES);
    Memory stack = new Memory(STACK_BYTES);
    Memory work = new Memory(WORK_BYTES);
    Pointer memset = NativeLibrary.getInstance("c").getFunction("memset");
    Control.daemon(
        THREAD,
        () -> {
          while (true) {
            check("getcontext", getcontext(other));
            other.setPointer(LINK, own);
            other.setPointer(STACK, stack);
            other.setLong(STACK_SIZE, STACK_BYTES);
            makecontext(other, memset, 3, work, rounds & 0xff, WORK_BYTES);
            check("swapcontext", swapcontext(own, other));
            if (work.getByte(WORK_BYTES - 1) != (byte) rounds) {
              throw new IllegalStateException("memset did not run");
            }
            rounds++;
          }
        });
    Control.serve(Map.of("rounds", () -> Long.toString(rounds)));
  }

  private static void check(String call, int result) {
    if (result != 0) {
      throw new IllegalStateException(call + " failed: " + Native.getLastError());
    }
  }
}
