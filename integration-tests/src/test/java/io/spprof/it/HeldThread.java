package io.spprof.it;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
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

  /** How long the JVM may take to its next safepoint while the thread is stopped. */
  private static final Duration TO_SAFEPOINT = Duration.ofSeconds(30);

  /**
   * Stops a thread while it waits, never inside Java code or at a safepoint. A thread that is
   * stopped there would stop the whole JVM at its next safepoint, so this method tries whether the
   * JVM still reaches one.
   *
   * <p>A traced thread also stops at each of its signals, and then waits for the tracer. The JVM
   * uses SIGSEGV, for instance at safepoints. So the thread is traced only from one moment before
   * it is stopped, and if it stops at a signal, it gets that signal.
   *
   * @throws LastErrorException if the system forbids it
   */
  static HeldThread hold(TargetJvm target, long thread) throws IOException, InterruptedException {
    HeldThread held = new HeldThread(target.pid(), Math.toIntExact(thread));
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
    LIBRARY.ptrace(PTRACE_SEIZE, thread, Pointer.NULL, Pointer.NULL);
    LIBRARY.ptrace(PTRACE_INTERRUPT, thread, Pointer.NULL, Pointer.NULL);
    int signal = awaitStop();
    if (signal != 0 || !Proc.isBlocked(pid, thread)) {
      detach(signal);
      return false;
    }
    int answers = target.answers();
    if (target.reachesSafepoint(TO_SAFEPOINT)) {
      return true;
    }
    detach(0);
    target.awaitAnswers(answers + 1);
    return false;
  }

  /** Waits until the thread has stopped. Returns the signal at which it did; 0 if at none. */
  private int awaitStop() {
    try (Memory status = new Memory(Integer.BYTES)) {
      LIBRARY.waitpid(thread, status, WALL);
      // ptrace(2): the stop after PTRACE_INTERRUPT has an event in the bits above the signal.
      int stop = status.getInt(0) >> 8;
      return stop >> 8 == 0 ? stop : 0;
    }
  }

  private void detach(int signal) {
    LIBRARY.ptrace(PTRACE_DETACH, thread, Pointer.NULL, Pointer.createConstant(signal));
  }

  /** Whether the kernel reports the thread as stopped by a tracer. */
  boolean isHeld() throws IOException {
    return Proc.threadState(pid, thread) == 't';
  }

  /** Lets the thread go on. It must be stopped; otherwise only the end of this JVM releases it. */
  @Override
  public void close() {
    detach(0);
  }
}
