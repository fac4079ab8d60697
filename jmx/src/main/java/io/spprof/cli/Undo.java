package io.spprof.cli;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import javax.management.JMException;

/**
 * Undoes a command's action unless the command keeps it: when this object is closed, or when the
 * user interrupts the command (SIGINT, SIGTERM), whichever comes first, and only once. An
 * interrupted command must not go on: its next call of this object blocks until the JVM halts.
 */
final class Undo implements AutoCloseable {

  /** An action that can be undone. */
  interface Beginning<T> {
    T begin() throws IOException, JMException;
  }

  /**
   * The time limit for an action or its undoing that hangs, in seconds. The user does not wait
   * longer.
   */
  private static final long PATIENCE_SECONDS = 10;

  private final Lock lock = new ReentrantLock();
  private final Thread hook = new Thread(this::interrupted, "spprof-undo");
  private Runnable undo; // guarded by the lock; null if there is nothing to undo

  Undo() {
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException isShuttingDown) {
      while (true) {
        LockSupport.park();
      }
    }
  }

  /**
   * Does an action. An interrupt finds it either not begun or complete.
   *
   * @param beginning does the action; if it fails, nothing is undone
   * @param takeBack undoes the action; called at most once, possibly in another thread; must not
   *     throw
   */
  <T> T begin(Beginning<T> beginning, Runnable takeBack) throws IOException, JMException {
    lock.lock();
    try {
      T begun = beginning.begin();
      undo = takeBack;
      return begun;
    } finally {
      lock.unlock();
    }
  }

  /** Keeps the action: it will not be undone. */
  void keep() {
    finish(() -> {});
  }

  /**
   * Does the last step and then keeps the action. If the last step fails, the action will be
   * undone.
   */
  void finish(Runnable lastStep) {
    lock.lock();
    try {
      lastStep.run();
      undo = null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      takeBack();
    } finally {
      lock.unlock();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException isShuttingDown) {
      // The shutdown hook finds nothing to undo.
    }
  }

  /**
   * The shutdown hook: undoes the action and waits for that, but not longer than the time limit.
   * The lock is never released, because the command must not go on.
   */
  private void interrupted() {
    Thread work =
        new Thread(
            () -> {
              lock.lock();
              takeBack();
            },
            "spprof-undo-work");
    work.setDaemon(true);
    work.start();
    try {
      work.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    } catch (InterruptedException e) {
      // Nobody interrupts a thread of the shutdown.
    }
  }

  private void takeBack() {
    if (undo != null) {
      undo.run();
      undo = null;
    }
  }
}
