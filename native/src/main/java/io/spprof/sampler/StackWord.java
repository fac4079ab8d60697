package io.spprof.sampler;

/**
 * A word of a stack; sample.h says what each kind means. Static functions over longs, as there are
 * many of them.
 */
public final class StackWord {

  private StackWord() {}

  /**
   * Whether it is a frame of its own.
   *
   * @param word a word
   * @return true for a method's {@link #number} and {@link #bci}
   */
  public static boolean isFrame(long word) {
    return word >>> SampleLayout.WORD_KIND_SHIFT == SampleLayout.WORD_FRAME;
  }

  /**
   * Whether it names a location that was defined before.
   *
   * @param word a word
   * @return true for a location's {@link #number}
   */
  public static boolean isLocation(long word) {
    return word >>> SampleLayout.WORD_KIND_SHIFT == SampleLayout.WORD_LOCATION;
  }

  /**
   * Whether it defines a location as the {@link #count} frames that follow.
   *
   * @param word a word
   * @return true for a location's {@link #number}, 0 if it will not be named again
   */
  public static boolean isDefine(long word) {
    return word >>> SampleLayout.WORD_KIND_SHIFT == SampleLayout.WORD_DEFINE;
  }

  /**
   * Whether it is a frame whose method has no number: the next word is the JVM's id of the method,
   * 0 if the method has none.
   *
   * @param word a word
   * @return true for a {@link #bci}
   */
  public static boolean isIdFrame(long word) {
    return word >>> SampleLayout.WORD_KIND_SHIFT == SampleLayout.WORD_ID_FRAME;
  }

  /**
   * The number of a method or a location.
   *
   * @param word a word
   * @return 1 or more, within the session; of a definition perhaps 0
   */
  public static int number(long word) {
    return (int) word;
  }

  /**
   * The frames of a definition.
   *
   * @param word a definition
   * @return 0 or more
   */
  public static int count(long word) {
    return (int) (word >>> SampleLayout.WORD_SHIFT) & 0xffff;
  }

  /**
   * The byte code that a frame is at.
   *
   * @param word a frame
   * @return its index; -1 if it is not known, -3 in a native method
   */
  public static int bci(long word) {
    return ((int) (word >>> SampleLayout.WORD_SHIFT) & 0xfffff) - SampleLayout.BCI_BIAS;
  }
}
