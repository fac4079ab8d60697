package io.spprof.sampler;

/**
 * Decodes stack words. A stack word is one of the 8-byte words in which a record holds a stack;
 * sample.h explains each kind. The methods are static and take longs, because there are too many
 * words to make an object for each.
 */
public final class StackWord {

  private StackWord() {}

  /**
   * Returns whether a word is a frame whose method has a number.
   *
   * @param word a word
   * @return true if the word has a method's {@link #number} and a {@link #bci}
   */
  public static boolean isFrame(long word) {
    return word >>> SampleLayout.WORD_KIND_SHIFT == SampleLayout.WORD_FRAME;
  }

  /**
   * Returns whether a word refers to a location that an earlier word defined. A location is an
   * address in compiled code; it stands for one or more frames.
   *
   * @param word a word
   * @return true if the word has a location's {@link #number}
   */
  public static boolean isLocation(long word) {
    return word >>> SampleLayout.WORD_KIND_SHIFT == SampleLayout.WORD_LOCATION;
  }

  /**
   * Returns whether a word is a frame whose method has no number. The next word is then the JVM's
   * id of the method, or 0 if the method has no id.
   *
   * @param word a word
   * @return true if the word has a {@link #bci}
   */
  public static boolean isIdFrame(long word) {
    return word >>> SampleLayout.WORD_KIND_SHIFT == SampleLayout.WORD_ID_FRAME;
  }

  /**
   * Returns whether a word names the code at which a walk failed. Such a word is the last word of
   * its stack. It is no frame of the thread.
   *
   * @param word a word
   * @return true if the word has the {@link #number} of a name in brackets, for instance {@code [at
   *     nmethod+0x40]}, which was reported as a method
   */
  public static boolean isBrokenAt(long word) {
    return word >>> SampleLayout.WORD_KIND_SHIFT == SampleLayout.WORD_BROKEN_AT;
  }

  /**
   * Returns whether a word is the system call in which the thread was. Such a word is the first
   * word of its stack.
   *
   * @param word a word
   * @return true if the word has a {@link #call}
   */
  public static boolean isCall(long word) {
    return word >>> SampleLayout.WORD_KIND_SHIFT == SampleLayout.WORD_CALL;
  }

  /**
   * Returns the number of a system call.
   *
   * @param word a system call
   * @return the kernel's number of the call on this processor; -1 if it is not known
   */
  public static int call(long word) {
    return (int) word - 1;
  }

  /**
   * Returns the number of a method or a location.
   *
   * @param word a word that has a number
   * @return 1 or more, within the session; in a definition it can be 0
   */
  public static int number(long word) {
    return (int) word;
  }

  /**
   * Returns the number of frames of a definition.
   *
   * @param word a definition
   * @return 0 or more
   */
  public static int count(long word) {
    return (int) (word >>> SampleLayout.WORD_SHIFT) & 0xffff;
  }

  /**
   * Returns the byte code index of a frame.
   *
   * @param word a frame
   * @return the index; -1 if it is not known, -3 in a native method
   */
  public static int bci(long word) {
    return ((int) (word >>> SampleLayout.WORD_SHIFT) & 0xfffff) - SampleLayout.BCI_BIAS;
  }
}
