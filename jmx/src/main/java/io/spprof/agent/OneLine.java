package io.spprof.agent;

/**
 * Texts on their way to stderr: settings, paths, messages of exceptions. The rules are those of
 * {@code io.spprof.text.Printable}, which the application's class loader does not show; a test
 * compares the two.
 */
final class OneLine {

  private static final char REPLACEMENT = '\uFFFD';

  private OneLine() {}

  /**
   * A text that can neither begin a line of its own nor control a terminal.
   *
   * @param text any, not null
   * @return of the same length
   */
  static String of(String text) {
    StringBuilder line = new StringBuilder(text);
    int length;
    for (int i = 0; i < text.length(); i += length) {
      int c = text.codePointAt(i);
      length = Character.charCount(c);
      char good = replacement(c);
      for (int at = i; good != 0 && at < i + length; at++) {
        line.setCharAt(at, good);
      }
    }
    return line.toString();
  }

  private static char replacement(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> ' ';
      case Character.FORMAT, Character.SURROGATE -> REPLACEMENT;
      default -> 0;
    };
  }
}
