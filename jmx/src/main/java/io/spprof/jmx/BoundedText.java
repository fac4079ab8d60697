package io.spprof.jmx;

/**
 * A text of which only the beginning may be kept, while its length is counted to its end: so that
 * room for a long one can be asked for before it is made.
 */
final class BoundedText implements Appendable {

  private final int most;
  private StringBuilder kept = new StringBuilder(); // null once the text is longer
  private long length;
  private boolean isLatin1 = true;

  /**
   * An empty one.
   *
   * @param most how many characters are kept
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

  /** The whole text; null if it is longer than what is kept. */
  String text() {
    return kept == null ? null : kept.toString();
  }

  /** Its length, characters. */
  long length() {
    return length;
  }

  /**
   * What it takes to make it in a builder of just its length, bytes: the builder's array and the
   * string's, of a byte a character. A character above U+00FF makes both arrays twice as long, and
   * the builder needs both its arrays for a moment.
   */
  long bytesToMake() {
    return (isLatin1 ? 2 : 5) * length;
  }

  /** What the string itself takes, bytes. */
  long bytes() {
    return (isLatin1 ? 1 : 2) * length;
  }
}
