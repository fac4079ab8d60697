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
 * Calls another process with a time limit. Neither RMI nor the attach mechanism ends a call to a
 * process that is frozen. So each call runs on a daemon thread of its own, and the command stops
 * waiting for it. That thread may stay blocked until this process exits.
 */
final class Patience {

  /** Milliseconds between two checks for a reason to give up early. */
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
      description = "How long to wait for each answer: 1s to 23h (units s, m, h); 30s by default.")
  private String timeout = "30s";

  /**
   * Checks the option's value.
   *
   * @throws CommandFailure if it is not valid
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
   * @param whom the process, as messages show it
   * @param call what to call; may block for ever
   * @return what the call returned
   * @throws CommandFailure if no answer came in time, with the status {@link
   *     CommandFailure#UNREACHABLE}
   */
  <T> T call(String whom, Callable<T> call) throws IOException, JMException {
    return call(whom, call, () -> "");
  }

  /**
   * Makes a call and waits for its answer, but gives up as soon as there is a reason.
   *
   * @param giveUp checked repeatedly: the reason as a message, "" to go on
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

  /** Always throws. The return type lets callers write {@code throw}, for the compiler. */
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
