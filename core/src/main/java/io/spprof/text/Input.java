package io.spprof.text;

/** Limits for text that comes from outside. */
public final class Input {

  /** Characters of options, ranges and names; all valid ones are much shorter. */
  public static final int MOST = 1024;

  private Input() {}

  /**
   * Refuses a text that is too long. To be called before anything else is done with the text: even
   * splitting it could take more heap than the application has left.
   *
   * @param what names the text in the message, for instance "options"
   * @param text may be null
   * @param most how many characters it may have
   * @throws IllegalArgumentException if it has more
   */
  public static void checkLength(String what, String text, int most) {
    if (text != null && text.length() > most) {
      throw new IllegalArgumentException(
          what
              + " of "
              + text.length()
              + " characters ('"
              + Printable.of(text)
              + "'); valid: at most "
              + most
              + " characters");
    }
  }
}
