package io.spprof.it.load;

import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A gate at which the threads of a load wait while a test wants the load idle. The test's question
 * "idle" closes the gate, and "busy" opens it. The gate is open at first. Virtual threads leave
 * their carriers while they wait.
 */
final class Gate {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition opened = lock.newCondition();
  private volatile boolean open = true;

  /** The answers for {@link Control#serve}. */
  Map<String, Supplier<String>> answers() {
    return Map.of("busy", () -> turn(true), "idle", () -> turn(false));
  }

  boolean isOpen() {
    return open;
  }

  /** Returns at once if the gate is open, otherwise when it opens. */
  void pass() {
    if (open) {
      return;
    }
    lock.lock();
    try {
      while (!open) {
        opened.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private String turn(boolean on) {
    lock.lock();
    try {
      open = on;
      opened.signalAll();
    } finally {
      lock.unlock();
    }
    return "done";
  }
}
