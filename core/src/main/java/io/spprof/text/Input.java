package io.spprof.text;

/**
 * Limits the length of text from outside the profiler, for instance of options that a client sends.
 */
public final class Input {

  /** The most characters of options, ranges and names. Valid ones are much shorter. */
  public static final int MOST = 1024;

  private Input() {}

  /**
   * Refuses a text that is too long. Called before anything else is done with the text, because
   * even splitting it could take more heap than the application has left.
   *
   * @param what names the text in the message, for instance "options"
   * @param text may be null
   * @param most the most characters that it may have
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
