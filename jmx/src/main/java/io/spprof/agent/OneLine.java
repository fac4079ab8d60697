package io.spprof.agent;

/**
 * Cleans texts that the agent's bootstrap prints on stderr: settings, paths, messages of
 * exceptions. The class repeats the rules of {@code io.spprof.text.Printable.clean}, because the
 * application's class loader, which loads the bootstrap, cannot see {@code Printable}. A test
 * checks that both classes give the same results.
 */
final class OneLine {

  private static final char REPLACEMENT = '\uFFFD';

  private OneLine() {}

  /**
   * Replaces every character that could begin a new line or control a terminal.
   *
   * @param text any text, not null
   * @return the cleaned text, of the same length
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
