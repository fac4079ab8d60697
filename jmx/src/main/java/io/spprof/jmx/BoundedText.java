package io.spprof.jmx;

/**
 * Collects a text up to a limit and counts its length to the end. It keeps the text only if it is
 * not longer than the limit. So the length of a long text is known, and room for it can be
 * requested, before the text is made.
 */
final class BoundedText implements Appendable {

  private final int most;
  private StringBuilder kept = new StringBuilder(); // null once the text is longer than the limit
  private long length;
  private boolean isLatin1 = true;

  /**
   * Makes an empty text.
   *
   * @param most the limit, characters
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

  /** The whole text; null if it is longer than the limit. */
  String text() {
    return kept == null ? null : kept.toString();
  }

  /** The length of the whole text, characters. */
  long length() {
    return length;
  }

  /**
   * The bytes of heap that it takes to make this text in a builder of exactly its length: the
   * arrays of the builder and of the string, with one byte a character. A character above U+00FF
   * makes both arrays twice as long, and the builder then holds its old and its new array for a
   * moment.
   */
  long bytesToMake() {
    return (isLatin1 ? 2 : 5) * length;
  }

  /** The bytes that the string itself takes. */
  long bytes() {
    return (isLatin1 ? 1 : 2) * length;
  }
}
