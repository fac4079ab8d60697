package io.spprof.cli;

/** Ends a command with a message of one line for the user and an exit status. */
final class CommandFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The target refused the command. */
  static final int REFUSED = 1;

  /** The command line is wrong. */
  static final int USAGE = 2;

  /** The target cannot be reached. */
  static final int UNREACHABLE = 3;

  private final int status;

  private CommandFailure(int status, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  static CommandFailure refused(String message, Throwable cause) {
    return new CommandFailure(REFUSED, message, cause);
  }

  static CommandFailure usage(String message) {
    return new CommandFailure(USAGE, message, null);
  }

  static CommandFailure unreachable(String message, Throwable cause) {
    return new CommandFailure(UNREACHABLE, message, cause);
  }

  /** Returns the failure of a call that got no answer in time. */
  static CommandFailure unanswered(String whom, long seconds) {
    return unreachable(
        whom
            + " did not answer within "
            + seconds
            + " s; it may be stopped, paused or very busy: try again, or give a longer --timeout",
        null);
  }

  int status() {
    return status;
  }
}
