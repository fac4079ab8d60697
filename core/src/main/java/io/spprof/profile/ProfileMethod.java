package io.spprof.profile;

/**
 * A method of a profile. A function of native code and a note of the profiler are methods of their
 * own kind.
 *
 * @param name for instance {@code java.util.HashMap.get}; the names of notes are in brackets
 * @param kind the kind of code; it is stored because a name does not show it
 * @param library the library of a function of native code; null for other methods, and for code of
 *     no library
 * @param address an address of the function in the library's file, that of its first instruction as
 *     far as it is known; 0 without a library. Functions with one name are one method, with the
 *     address of the first that was sampled
 */
public record ProfileMethod(String name, FrameKind kind, ProfileLibrary library, long address) {
  /**
   * Creates a method that is in no library.
   *
   * @param name as above
   * @param kind as above
   */
  public ProfileMethod(String name, FrameKind kind) {
    this(name, kind, null, 0);
  }

  /**
   * Creates a Java method.
   *
   * @param name the class and the method
   * @return not null
   */
  public static ProfileMethod java(String name) {
    return new ProfileMethod(name, FrameKind.JAVA);
  }
}
