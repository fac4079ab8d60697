package io.spprof.cli;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import javax.management.JMException;

/**
 * Takes back what a command began, unless the command says that it stays: when this is closed, or
 * when the user interrupts the command (SIGINT, SIGTERM), whichever is first, and once. A command
 * that is interrupted has no more to say: at its next call of this it waits for the JVM to halt.
 */
final class Undo implements AutoCloseable {

  /** Begins something. */
  interface Beginning<T> {
    T begin() throws IOException, JMException;
  }

  /** A beginning or a taking back that hangs does not keep the user for longer, s. */
  private static final long PATIENCE_SECONDS = 10;

  private final Lock lock = new ReentrantLock();
  private final Thread hook = new Thread(this::interrupted, "spprof-undo");
  private Runnable undo; // guarded by the lock; null where there is nothing to take back

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
   * Begins something, of which an interrupt finds nothing or all.
   *
   * @param beginning begins it; where it fails, nothing is taken back
   * @param takeBack called once at most, possibly in another thread; must not throw
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

  /** What was begun stays. */
  void keep() {
    finish(() -> {});
  }

  /** A last step, after which what was begun stays; where it fails, it is taken back. */
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
      // The hook finds nothing to do.
    }
  }

  /**
   * Waits for the taking back, for a while. The lock is never given back: the command must not go
   * on from here.
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
      // Nobody interrupts a shutdown.
    }
  }

  private void takeBack() {
    if (undo != null) {
      undo.run();
      undo = null;
    }
  }
}
