package io.spprof.cli;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import javax.management.JMException;

/**
 * Undoes what a command did in the target or in a file, unless the command completes. For example,
 * {@code profile} starts a session; if the user presses Ctrl-C, the session must be stopped.
 *
 * <p>A command completes by a call of {@link #finish} or {@link #keep}. Without this call, the
 * action is undone when this object is closed, or when a signal ends the JVM (SIGINT or SIGTERM),
 * whichever comes first. The action is undone only once. An interrupted command must not go on:
 * once the undoing has begun after a signal, every method of this object that the command's thread
 * calls blocks until the JVM halts.
 */
final class Undo implements AutoCloseable {

  /** An action that can be undone. */
  interface Beginning<T> {
    T begin() throws IOException, JMException;
  }

  /**
   * Seconds that the shutdown of this JVM waits for an action or its undoing. A hanging target must
   * not make the user wait longer.
   */
  private static final long PATIENCE_SECONDS = 10;

  private final Lock lock = new ReentrantLock();
  private final Thread hook = new Thread(this::interrupted, "spprof-undo");
  private Runnable undo; // guarded by the lock; null if there is nothing to undo
  private volatile Runnable lastResort = () -> {};

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
   * Does an action. If the user interrupts the command, the action either has not begun or is
   * complete when it is undone.
   *
   * @param beginning does the action; if it fails, nothing is undone
   * @param takeBack undoes the action; must not throw; called at most once, possibly in another
   *     thread
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

  /**
   * Does the same as {@link #begin(Beginning, Runnable)}.
   *
   * @param otherwise called at an interruption if undoing takes too long; must not throw and must
   *     return soon; may run while {@code takeBack} or a step still does
   */
  <T> T begin(Beginning<T> beginning, Runnable takeBack, Runnable otherwise)
      throws IOException, JMException {
    lock.lock();
    try {
      lastResort = otherwise;
      return begin(beginning, takeBack);
    } finally {
      lock.unlock();
    }
  }

  /** Does a step of the command. An interruption waits for its end before it undoes the action. */
  <T> T step(Beginning<T> step) throws IOException, JMException {
    lock.lock();
    try {
      return step.begin();
    } finally {
      lock.unlock();
    }
  }

  /** Keeps the result of the action: from now on nothing is undone. */
  void keep() {
    finish(() -> {});
  }

  /**
   * Does the last step of the command, then keeps the result of the action. If the last step
   * throws, the action can still be undone.
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
      // The JVM is shutting down. The shutdown hook runs, and finds nothing to undo.
    }
  }

  /**
   * The shutdown hook. Undoes the action, and waits for this at most {@link #PATIENCE_SECONDS}. The
   * thread that undoes never releases the lock, so the interrupted command blocks and cannot go on.
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
      if (work.isAlive()) {
        lastResort.run();
      }
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
