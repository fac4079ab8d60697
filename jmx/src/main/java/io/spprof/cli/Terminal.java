package io.spprof.cli;

import java.io.Console;

/** Detects whether the command runs in a terminal, and holds control sequences for terminals. */
final class Terminal {

  /** Moves the cursor to the upper left corner and clears the screen (ECMA-48: CUP, ED). */
  private static final String CLEAR = "\u001b[H\u001b[2J";

  /** Moves the cursor to the beginning of the line and clears the line (ECMA-48: EL). */
  static final String CLEAR_LINE = "\r\u001b[2K";

  /** Switches the wrapping of long lines off and on (DEC private mode 7, DECAWM). */
  private static final String NO_WRAP = "\u001b[?7l";

  private static final String WRAP = "\u001b[?7h";

  private Terminal() {}

  /**
   * Returns a page that takes the place of the page before. The terminal cuts lines that are wider
   * than its window, so that a page has the same number of lines at each width.
   */
  static String inPlace(String page) {
    return CLEAR + NO_WRAP + page + WRAP;
  }

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
