package io.spprof;

/** Somebody else's text in a message of ours. */
public final class Printable {

  private static final int MOST = 128;

  private Printable() {}

  /**
   * Shortened, and with a question mark for whatever is not printable ASCII, so that no log or
   * terminal is fooled by it.
   *
   * @param text any, not null
   * @return at most 131 characters
   */
  public static String of(String text) {
    String kept = text.length() > MOST ? text.substring(0, MOST) + "..." : text;
    StringBuilder printable = new StringBuilder(kept.length());
    for (int i = 0; i < kept.length(); i++) {
      char c = kept.charAt(i);
      printable.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return printable.toString();
  }
}
