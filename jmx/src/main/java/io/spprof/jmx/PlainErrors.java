package io.spprof.jmx;

import io.spprof.text.Printable;
import java.io.IOException;

/**
 * Converts the exceptions that leave an operation into exceptions that every JMX client can read. A
 * client without the profiler's classes cannot deserialize an exception that contains one of these
 * classes, as its type, its cause or a suppressed exception. The client would get an
 * UnmarshalException and lose the message. Each exception is therefore replaced by an
 * IllegalArgumentException, IllegalStateException or IOException, which has only the message and
 * the stack trace of the original.
 */
final class PlainErrors {

  /** The code of an operation, which may throw anything. */
  @FunctionalInterface
  interface Body<T> {
    T run() throws Throwable;
  }

  private PlainErrors() {}

  static <T> T call(Body<T> body) {
    try {
      return body.run();
    } catch (Throwable t) {
      throw plain(t);
    }
  }

  static <T> T callIo(Body<T> body) throws IOException {
    try {
      return body.run();
    } catch (IOException e) {
      throw withTrace(new IOException(message(e)), e);
    } catch (Throwable t) {
      throw plain(t);
    }
  }

  private static RuntimeException plain(Throwable t) {
    if (t instanceof IllegalArgumentException) {
      return withTrace(new IllegalArgumentException(message(t)), t);
    }
    if (t instanceof IllegalStateException) {
      return withTrace(new IllegalStateException(message(t)), t);
    }
    if (t instanceof NoClassDefFoundError) {
      // The agent's class loader gives the reason as the cause of the error. When the JVM throws
      // the same error again, the cause is missing.
      boolean reason = t.getCause() instanceof ClassNotFoundException;
      return withTrace(
          new IllegalStateException(reason ? message(t.getCause()) : unloadable(t)), t);
    }
    // The profiler did not expect this exception, so the type of the exception is the most useful
    // information.
    return withTrace(new IllegalStateException(t.getClass().getName() + ": " + message(t)), t);
  }

  private static String unloadable(Throwable t) {
    return message(t)
        + " cannot be loaded: if the agent's jar was changed since it was loaded, restart the JVM to"
        + " use the new one";
  }

  private static String message(Throwable t) {
    return t.getMessage() == null ? t.getClass().getName() : Printable.line(t.getMessage());
  }

  private static <X extends Exception> X withTrace(X plain, Throwable from) {
    plain.setStackTrace(from.getStackTrace());
    return plain;
  }
}
