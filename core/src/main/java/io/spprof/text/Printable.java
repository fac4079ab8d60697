package io.spprof.text;

/**
 * Makes text of others safe to show: names of threads and methods, messages of libraries, answers
 * of a target. Every text that is shown to people passes one of these methods. Otherwise a text
 * could forge a line, control a terminal, or change the order of the text beside it. Formats that
 * are read by programs and carry any text safely (recordings, pprof) contain names as the JVM has
 * them.
 */
public final class Printable {

  private static final int MOST_QUOTED = 128;
  private static final int MOST_IN_LINE = 2000;
  private static final char REPLACEMENT = '\uFFFD';

  private Printable() {}

  /**
   * For a value that a message quotes: shortened, and with a question mark for whatever is not
   * printable ASCII.
   *
   * @param text any, not null
   * @return at most 131 characters
   */
  public static String of(String text) {
    String kept = text.length() > MOST_QUOTED ? text.substring(0, MOST_QUOTED) + "..." : text;
    StringBuilder printable = new StringBuilder(kept.length());
    for (int i = 0; i < kept.length(); i++) {
      char c = kept.charAt(i);
      printable.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return printable.toString();
  }

  /**
   * For a line of text in any language: {@link #clean}, and shortened.
   *
   * @param text any, not null
   * @return at most 2003 characters
   */
  public static String line(String text) {
    if (text.length() <= MOST_IN_LINE) {
      return clean(text);
    }
    return clean(text.substring(0, MOST_IN_LINE)) + "...";
  }

  /**
   * For a name in any language: control characters and line separators become blanks. What is
   * invisible and changes how its neighbours are shown (Unicode's format characters, such as those
   * for the direction of writing) becomes U+FFFD, and so does half a surrogate pair, which a strict
   * encoder refuses.
   *
   * @param text any, not null
   * @return of the same length; the text itself where nothing had to change
   */
  public static String clean(String text) {
    StringBuilder cleaned = null;
    int length;
    for (int i = 0; i < text.length(); i += length) {
      int c = text.codePointAt(i);
      length = Character.charCount(c);
      char good = replacement(c);
      if (good != 0) {
        cleaned = cleaned == null ? new StringBuilder(text) : cleaned;
        for (int at = i; at < i + length; at++) {
          cleaned.setCharAt(at, good);
        }
      }
    }
    return cleaned == null ? text : cleaned.toString();
  }

  /** What stands for a character that must not be shown; 0 for one that may. */
  private static char replacement(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> ' ';
      case Character.FORMAT, Character.SURROGATE -> REPLACEMENT;
      default -> 0;
    };
  }
}
