package io.spprof.cli;

import java.io.Console;

/** Whether somebody watches. */
final class Terminal {

  /** Clears the screen and goes to its beginning (ECMA-48: CUP, ED). */
  static final String CLEAR = "\u001b[H\u001b[2J";

  /** Goes to the line's beginning and clears it (ECMA-48: EL). */
  static final String CLEAR_LINE = "\r\u001b[2K";

  private Terminal() {}

  /** A terminal that can be written over. Since JDK 22 there is a console without one, too. */
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
