package io.spprof.jmx;

/**
 * Measures a text before the text is made in full. The class counts all characters that are
 * appended, but keeps them only up to a limit. A short text is then complete. For a long text, the
 * caller learns the length, and can ask for heap of that size before it makes the text in a second
 * pass.
 */
final class BoundedText implements Appendable {

  private final int most;
  private StringBuilder kept = new StringBuilder(); // null once the text is longer than the limit
  private long length;
  private boolean isLatin1 = true;

  /**
   * Makes an empty text.
   *
   * @param most the limit, in characters
   */
  BoundedText(int most) {
    this.most = most;
  }

  @Override
  public BoundedText append(CharSequence text) {
    return append(text, 0, text.length());
  }

  @Override
  public BoundedText append(CharSequence text, int from, int to) {
    for (int i = from; isLatin1 && i < to; i++) {
      isLatin1 = text.charAt(i) < 0x100;
    }
    count(to - from);
    if (kept != null) {
      kept.append(text, from, to);
    }
    return this;
  }

  @Override
  public BoundedText append(char c) {
    isLatin1 &= c < 0x100;
    count(1);
    if (kept != null) {
      kept.append(c);
    }
    return this;
  }

  private void count(int more) {
    length += more;
    if (length > most) {
      kept = null;
    }
  }

  /** Returns the whole text; null if the text is longer than the limit. */
  String text() {
    return kept == null ? null : kept.toString();
  }

  /** Returns the length of the whole text, in characters. */
  long length() {
    return length;
  }

  /**
   * Returns the bytes of heap needed to make the text again, in a builder with the right capacity.
   * The builder and the string each have an array with one byte a character. If the text has a
   * character above U+00FF, both arrays have two bytes a character. The builder then also holds its
   * old array for a moment, so the sum is five bytes a character.
   */
  long bytesToMake() {
    return (isLatin1 ? 2 : 5) * length;
  }

  /** Returns the bytes of heap that the string occupies. */
  long bytes() {
    return (isLatin1 ? 1 : 2) * length;
  }
}
