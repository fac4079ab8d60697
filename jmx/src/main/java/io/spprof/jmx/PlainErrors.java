package io.spprof.jmx;

import io.spprof.text.Printable;
import java.io.IOException;

/**
 * What leaves an operation. A client without our classes cannot read a throwable that has one of
 * them as type, cause or suppressed: it would get an UnmarshalException, the message lost. So each
 * becomes one of four types of java.lang and java.io, with the message and the stack trace, and
 * nothing else.
 */
final class PlainErrors {

  /** What may throw anything. */
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
      // Our class loader says why; the JVM repeats the error without that.
      boolean reason = t.getCause() instanceof ClassNotFoundException;
      return withTrace(
          new IllegalStateException(reason ? message(t.getCause()) : unloadable(t)), t);
    }
    // Not one of ours: the type is what tells most.
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
