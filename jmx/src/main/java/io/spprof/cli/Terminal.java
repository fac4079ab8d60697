package io.spprof.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Detects whether the command runs in a terminal, and how large its window is. Holds control
 * sequences for terminals.
 */
final class Terminal {

  /** Moves the cursor to the upper left corner and clears the screen (ECMA-48: CUP, ED). */
  private static final String CLEAR = "\u001b[H\u001b[2J";

  /** Moves the cursor to the beginning of the line and clears the line (ECMA-48: EL). */
  static final String CLEAR_LINE = "\r\u001b[2K";

  /** Switches the wrapping of long lines off and on (DEC private mode 7, DECAWM). */
  private static final String NO_WRAP = "\u001b[?7l";

  private static final String WRAP = "\u001b[?7h";

  /** What {@code stty size} prints. */
  private static final Pattern ROWS_COLUMNS =
      Pattern.compile("([1-9]\\d{0,4}) ([1-9]\\d{0,4})\\s*");

  /**
   * The size of the window.
   *
   * @param columns the number of columns, 1 or more
   * @param rows the number of lines, 1 or more
   */
  record Size(int columns, int rows) {

    /** The size if the output goes into a file or a pipe. */
    static final Size ENDLESS = new Size(Integer.MAX_VALUE, Integer.MAX_VALUE);

    /** The size that a terminal has by default. */
    static final Size USUAL = new Size(80, 24);

    /** Returns this width with any number of lines. */
    Size withoutEnd() {
      return new Size(columns, Integer.MAX_VALUE);
    }
  }

  private Terminal() {}

  /**
   * Returns a page that takes the place of the page before. The terminal cuts lines that are wider
   * than its window, so that a page has the same number of lines at each width.
   */
  static String inPlace(String page) {
    return CLEAR + NO_WRAP + page + WRAP;
  }

  /** Returns whether the command runs in a terminal that understands control sequences. */
  static boolean isThere() {
    String term = System.getenv("TERM");
    return isTerminal() && term != null && !term.equals("dumb");
  }

  /**
   * Returns whether the command runs in any terminal. Since JDK 22, {@link System#console} can
   * return a console without a terminal. From this release on, {@code Console.isTerminal} decides.
   */
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException before22) {
      return true;
    }
  }

  /**
   * Returns the size of the window now. Without a terminal, and in a dumb terminal of unknown size,
   * returns {@link Size#ENDLESS}.
   */
  static Size size() {
    return isTerminal() ? size(stty(), isThere() ? Size.USUAL : Size.ENDLESS) : Size.ENDLESS;
  }

  /**
   * Returns the size of the window.
   *
   * @param told what {@code stty size} printed. A terminal on a serial line has the size 0 0.
   * @param otherwise the result if the size is not known
   */
  static Size size(String told, Size otherwise) {
    Matcher size = ROWS_COLUMNS.matcher(told);
    return size.matches()
        ? new Size(Integer.parseInt(size.group(2)), Integer.parseInt(size.group(1)))
        : otherwise;
  }

  /** Runs {@code stty size} on the standard input. Returns "" if there is no such program. */
  private static String stty() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "";
    }
  }
}
