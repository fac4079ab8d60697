package io.spprof.text;

/**
 * Refuses text from outside of the profiler that is too long, for instance the options that a
 * client sends.
 */
public final class Input {

  /**
   * The maximum number of characters of options, ranges and names. Valid texts are much shorter.
   */
  public static final int MOST = 1024;

  private Input() {}

  /**
   * Refuses a text that is too long. The caller must check a text before it does anything else with
   * it, because even splitting a very long text could take more heap than the application has left.
   *
   * @param what the name of the text for the message, for instance "options"
   * @param text the text; may be null
   * @param most the maximum number of characters
   * @throws IllegalArgumentException if the text is longer
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
