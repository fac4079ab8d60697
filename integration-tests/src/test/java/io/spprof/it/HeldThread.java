package io.spprof.it;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.time.Duration;

/**
 * Stops one thread of another process with ptrace(2), while all other threads go on. ptrace is
 * bound to the calling thread: create and close this object on the same thread.
 */
final class HeldThread implements AutoCloseable {

  private static final int PTRACE_CONT = 7;
  private static final int PTRACE_DETACH = 17;
  private static final int PTRACE_SEIZE = 0x4206;
  private static final int PTRACE_INTERRUPT = 0x4207;
  private static final int WALL = 0x40000000;

  /** The functions of the C library that are used. */
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
   * Stops a thread while it waits, never inside Java code or at a safepoint. A thread that is
   * stopped there would stop the whole JVM at its next safepoint, so this method tries whether the
   * JVM still reaches one.
   *
   * @throws LastErrorException if the system forbids it
   */
  static HeldThread hold(TargetJvm target, long thread) throws IOException, InterruptedException {
    HeldThread held = new HeldThread(target.pid(), Math.toIntExact(thread));
    LIBRARY.ptrace(PTRACE_SEIZE, held.thread, Pointer.NULL, Pointer.NULL);
    long deadline = System.nanoTime() + Await.PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      Thread.sleep(1);
      if (Proc.isBlocked(held.pid, thread) && held.stopped(target)) {
        return held;
      }
    }
    throw new IllegalStateException("the thread never waits, so it cannot be held");
  }

  private boolean stopped(TargetJvm target) throws IOException, InterruptedException {
    LIBRARY.ptrace(PTRACE_INTERRUPT, thread, Pointer.NULL, Pointer.NULL);
    LIBRARY.waitpid(thread, Pointer.NULL, WALL);
    boolean usable = Proc.isBlocked(pid, thread);
    int answers = target.answers();
    if (usable && target.reachesSafepoint(Duration.ofSeconds(5))) {
      return true;
    }
    LIBRARY.ptrace(PTRACE_CONT, thread, Pointer.NULL, Pointer.NULL);
    if (usable) {
      target.awaitAnswers(answers + 1);
    }
    return false;
  }

  /** Whether the kernel reports the thread as stopped by a tracer. */
  boolean isHeld() throws IOException {
    return Proc.threadState(pid, thread) == 't';
  }

  /** Lets the thread go on. It must be stopped; otherwise only the end of this JVM releases it. */
  @Override
  public void close() {
    LIBRARY.ptrace(PTRACE_DETACH, thread, Pointer.NULL, Pointer.NULL);
  }
}
