package io.spprof.console;

/**
 * Cleans texts from the target before a label shows them. The class repeats the rules of {@code
 * io.spprof.text.Printable}, because JConsole's class loader cannot see {@code Printable}. A test
 * checks that both classes give the same results.
 *
 * <p>In addition, this class protects Swing's labels. Swing treats a text that begins with {@code
 * <html>} as a page, which may load other pages. A cleaned text therefore never begins with {@code
 * <html}.
 */
final class Shown {

  private static final int MOST = 2000;
  private static final char REPLACEMENT = '\uFFFD';

  private Shown() {}

  /**
   * Cleans a text.
   *
   * @param text any text, not null
   * @return one line that a label can show
   */
  static String line(String text) {
    String kept = text.length() > MOST ? text.substring(0, MOST) : text;
    StringBuilder line = new StringBuilder(kept);
    int length;
    for (int i = 0; i < kept.length(); i += length) {
      int c = kept.codePointAt(i);
      length = Character.charCount(c);
      char good = replacement(c);
      for (int at = i; good != 0 && at < i + length; at++) {
        line.setCharAt(at, good);
      }
    }
    if (kept.length() < text.length()) {
      line.append("...");
    }
    boolean isPage = line.toString().regionMatches(true, 0, "<html", 0, 5);
    return isPage ? " " + line : line.toString();
  }

  private static char replacement(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> ' ';
      case Character.FORMAT, Character.SURROGATE -> REPLACEMENT;
      default -> 0;
    };
  }
}
