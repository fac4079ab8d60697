package io.spprof.it;

/**
 * Starts programs that listen on a port of this machine. A port that was free can be taken before
 * the program listens there; then the program is started again, on another port.
 */
final class FreePort {

  private static final int ATTEMPTS = 5;

  /** A program, and the port on which it listens. */
  record Listening<T>(T program, int port) {}

  /** Starts a program. */
  interface Start<T> {
    /**
     * Starts the program and waits until it listens.
     *
     * @throws Throwable if it does not; the message contains what the program printed
     */
    T on(int port) throws Throwable;
  }

  private FreePort() {}

  /** Starts a program on a free port. */
  static <T> Listening<T> start(Start<T> start) throws Exception {
    for (int attempt = 1; ; attempt++) {
      int port = TargetJvm.freePort();
      try {
        return new Listening<>(start.on(port), port);
      } catch (Throwable e) {
        boolean taken = String.valueOf(e.getMessage()).contains(TargetJvm.PORT_TAKEN);
        if (!taken || attempt == ATTEMPTS) {
          throw new IllegalStateException("not started, attempt " + attempt + ": " + e, e);
        }
      }
    }
  }
}
