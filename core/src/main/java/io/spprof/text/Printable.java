package io.spprof.text;

/**
 * Makes text from other sources safe to show: names of threads and methods, messages of libraries,
 * answers of a remote JVM. Every text that people see passes through one of these methods.
 * Otherwise a text could forge a line, control a terminal, or change the order of the characters
 * next to it. Formats that programs read (recordings, pprof) contain names unchanged, because these
 * formats can carry any text.
 */
public final class Printable {

  private static final int MOST_QUOTED = 128;
  private static final int MOST_IN_LINE = 2000;
  private static final char REPLACEMENT = '\uFFFD';

  private Printable() {}

  /**
   * Prepares a value that a message quotes. Shortens the value, and replaces each character that is
   * not printable ASCII by a question mark.
   *
   * @param text any text, not null
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
   * Prepares a line of text in any language: shortens the text and applies {@link #clean}.
   *
   * @param text any text, not null
   * @return at most 2,003 characters
   */
  public static String line(String text) {
    if (text.length() <= MOST_IN_LINE) {
      return clean(text);
    }
    return clean(text.substring(0, MOST_IN_LINE)) + "...";
  }

  /**
   * Prepares a name in any language. Control characters and line separators become blanks.
   * Unicode's format characters become U+FFFD, because they are invisible and change how their
   * neighbours are shown (for instance the direction of writing). Half a surrogate pair also
   * becomes U+FFFD, because a strict encoder refuses it.
   *
   * @param text any text, not null
   * @return a text of the same length; the argument itself if nothing had to change
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

  /**
   * Returns the replacement for a character that must not be shown. Returns 0 if the character may
   * be shown.
   */
  private static char replacement(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> ' ';
      case Character.FORMAT, Character.SURROGATE -> REPLACEMENT;
      default -> 0;
    };
  }
}
