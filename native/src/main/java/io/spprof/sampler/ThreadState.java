package io.spprof.sampler;

/** What a thread was doing when it was sampled, as reported by the JVM. */
public enum ThreadState {
  /** A Java thread in Java code, compiled or interpreted. */
  IN_JAVA,
  /** A Java thread in a native method, or in a system call below one. */
  IN_NATIVE,
  /** A Java thread in the JVM's own code: allocating, locking, linking, deoptimizing. */
  IN_VM,
  /** A Java thread about to be blocked, starting or ending. */
  OTHER,
  /** A Java thread whose state is not known, because {@link Walker#AGCT} does not report it. */
  UNKNOWN,
  /**
   * A thread that is not a Java thread: one of the garbage collector, the JIT compilers, the JVM or
   * a native library.
   */
  NO_JAVA_THREAD;

  static ThreadState of(int flags) {
    if ((flags & SampleLayout.FLAG_NATIVE) != 0) {
      return NO_JAVA_THREAD;
    }
    return switch (flags >> SampleLayout.STATE_SHIFT & 7) {
      case SampleLayout.STATE_IN_JAVA -> IN_JAVA;
      case SampleLayout.STATE_IN_NATIVE -> IN_NATIVE;
      case SampleLayout.STATE_IN_VM -> IN_VM;
      case SampleLayout.STATE_OTHER -> OTHER;
      default -> UNKNOWN;
    };
  }
}
