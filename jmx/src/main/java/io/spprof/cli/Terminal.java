package io.spprof.cli;

import java.io.Console;

/** Detects whether the command runs in a terminal, and holds control sequences for terminals. */
final class Terminal {

  /** Moves the cursor to the upper left corner and clears the screen (ECMA-48: CUP, ED). */
  static final String CLEAR = "\u001b[H\u001b[2J";

  /** Moves the cursor to the beginning of the line and clears the line (ECMA-48: EL). */
  static final String CLEAR_LINE = "\r\u001b[2K";

  private Terminal() {}

  /**
   * Returns whether the command runs in a terminal that understands control sequences. Since JDK
   * 22, {@link System#console} can return a console without a terminal. From this release on,
   * {@code Console.isTerminal} decides.
   */
  static boolean isThere() {
    Console console = System.console();
    String term = System.getenv("TERM");
    if (console == null || term == null || term.equals("dumb")) {
      return false;
    }
    try {
      return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException before22) {
      return true;
    }
  }
}
