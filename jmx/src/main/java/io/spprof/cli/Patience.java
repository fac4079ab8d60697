package io.spprof.cli;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.management.JMException;
import picocli.CommandLine.Option;

/**
 * Calls another process with a time limit. A call by RMI or by the attach mechanism never returns
 * if the other process is frozen. Each call therefore runs on a daemon thread of its own. The
 * command waits for this thread only until the time limit. The thread itself may stay blocked until
 * this process exits.
 */
final class Patience {

  /** Milliseconds between two checks whether to give up early. */
  private static final long LOOK_MILLIS = 50;

  private static final ExecutorService CALLS =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "command-call");
            thread.setDaemon(true);
            return thread;
          });

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description =
          "How long to wait for each answer: 1s to 23h (units s, m, h; s if left out); 30s by default.")
  private String timeout = "30s";

  /**
   * Checks the value of the option {@code --timeout}.
   *
   * @throws CommandFailure if the value is not valid
   */
  void check() {
    seconds();
  }

  private long seconds() {
    return Spans.seconds("--timeout", timeout);
  }

  /**
   * Makes a call and waits for its answer.
   *
   * @param whom the name of the other process, for messages
   * @param call the call, which may block for ever
   * @return the result of the call
   * @throws CommandFailure if no answer came in time; its status is {@link
   *     CommandFailure#UNREACHABLE}
   */
  <T> T call(String whom, Callable<T> call) throws IOException, JMException {
    return call(whom, call, () -> "");
  }

  /**
   * Makes a call and waits for its answer. Gives up early as soon as {@code giveUp} reports a
   * reason.
   *
   * @param giveUp asked every 50 ms while there is no answer; returns the reason to give up, as a
   *     message, or "" to go on waiting
   */
  <T> T call(String whom, Callable<T> call, Supplier<String> giveUp)
      throws IOException, JMException {
    long seconds = seconds();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    Future<T> answer = CALLS.submit(call);
    while (true) {
      try {
        return answer.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException notYet) {
        String reason = giveUp.get();
        if (!reason.isEmpty()) {
          throw CommandFailure.unreachable(reason, notYet);
        }
        if (System.nanoTime() - deadline >= 0) {
          throw CommandFailure.unanswered(whom, seconds);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      } catch (ExecutionException e) {
        throw rethrown(e.getCause());
      }
    }
  }

  /**
   * Rethrows the exception of a call. This method never returns. It has a return type only to let
   * callers write {@code throw}, so that the compiler knows that the method ends there.
   */
  private static RuntimeException rethrown(Throwable thrown) throws IOException, JMException {
    if (thrown instanceof RuntimeException runtime) {
      throw runtime;
    }
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof IOException io) {
      throw io;
    }
    if (thrown instanceof JMException jmx) {
      throw jmx;
    }
    throw new IllegalStateException(thrown);
  }
}
