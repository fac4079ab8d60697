package io.spprof.it;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.io.IOException;

/**
 * One thread of another process, held still from outside with ptrace(2), while all others go on.
 * ptrace belongs to a thread: create, and close, on the same one.
 */
final class HeldThread implements AutoCloseable {

  private static final int PTRACE_CONT = 7;
  private static final int PTRACE_DETACH = 17;
  private static final int PTRACE_SEIZE = 0x4206;
  private static final int PTRACE_INTERRUPT = 0x4207;
  private static final int WALL = 0x40000000;
  private static final int ATTEMPTS = 200;

  /** The part of the C library that is used. */
  interface C extends Library {
    /** ptrace(2). */
    NativeLong ptrace(int request, int pid, Pointer address, Pointer data)
        throws LastErrorException;

    /** waitpid(2). */
    int waitpid(int pid, Pointer status, int options) throws LastErrorException;
  }

  private static final C LIBRARY = Native.load("c", C.class);

  private final long pid;
  private final int thread;

  private HeldThread(long pid, int thread) {
    this.pid = pid;
    this.thread = thread;
  }

  /**
   * Stops a thread where it waits in a system call, never in the midst of Java code, so that the
   * JVM can still reach its safepoints.
   *
   * @throws LastErrorException if the system forbids it
   */
  static HeldThread hold(long pid, long thread) throws IOException, InterruptedException {
    int tid = Math.toIntExact(thread);
    LIBRARY.ptrace(PTRACE_SEIZE, tid, Pointer.NULL, Pointer.NULL);
    HeldThread held = new HeldThread(pid, tid);
    for (int i = 0; i < ATTEMPTS; i++) {
      Thread.sleep(3);
      if (Proc.isBlocked(pid, thread)) {
        LIBRARY.ptrace(PTRACE_INTERRUPT, tid, Pointer.NULL, Pointer.NULL);
        LIBRARY.waitpid(tid, Pointer.NULL, WALL);
        if (Proc.isBlocked(pid, thread)) {
          return held;
        }
        LIBRARY.ptrace(PTRACE_CONT, tid, Pointer.NULL, Pointer.NULL);
      }
    }
    throw new IllegalStateException("the thread never waits, so it cannot be held");
  }

  /** Whether the kernel has it as stopped by a tracer. */
  boolean isHeld() throws IOException {
    return Proc.threadState(pid, thread) == 't';
  }

  @Override
  public void close() {
    LIBRARY.ptrace(PTRACE_DETACH, thread, Pointer.NULL, Pointer.NULL);
  }
}
