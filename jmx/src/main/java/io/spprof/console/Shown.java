package io.spprof.console;

/**
 * The target's texts, on their way to labels. The rules are those of {@code
 * io.spprof.text.Printable}, which JConsole's class loader does not see; a test compares the two.
 * And Swing takes what begins with {@code <html>} for a page, which may load others: no text of the
 * target's begins so.
 */
final class Shown {

  private static final int MOST = 2000;
  private static final char REPLACEMENT = '\uFFFD';

  private Shown() {}

  /**
   * A line.
   *
   * @param text any, not null
   * @return what a label can show
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
