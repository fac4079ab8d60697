package io.spprof.profile;

/** The kind of code that a frame stands for. */
public enum FrameKind {
  /** A Java method. A native method of a class is a Java method, too. */
  JAVA,
  /**
   * A function of a library other than the JVM, of the process's own program, or of the code that
   * the kernel maps into the process; or native code that is in no library.
   */
  NATIVE,
  /** A function of the JVM's own library. */
  JVM,
  /** The system call that a thread was in. Such a frame is the leaf of its stack. */
  SYSCALL,
  /** No code, but a note of the profiler, for instance {@code [truncated]}. */
  SYNTHETIC;

  /**
   * Returns whether a frame of this kind is a function of a native library. Its name is then the
   * library's file and, after the first backtick, the function's symbol; without a symbol, the file
   * and an address, for instance {@code libc.so.6+0x9bf40}.
   *
   * @return true for {@link #NATIVE} and {@link #JVM}
   */
  public boolean isFunction() {
    return this == NATIVE || this == JVM;
  }
}
