package io.spprof.profile;

import io.spprof.sampler.ThreadState;

/** Says for what a sample's CPU time was used. Each sample is in exactly one category. */
public enum Category {
  /** Java threads in Java code, compiled or interpreted. */
  JAVA,
  /** Java threads in native code that Java code called, and in system calls below it. */
  NATIVE,
  /** Java threads in the JVM's own code: allocating, locking, linking, starting, ending. */
  JVM,
  /** Threads of the garbage collector. */
  GC,
  /** Threads of the JIT compilers. */
  JIT,
  /** Other threads of the JVM. */
  JVM_THREADS,
  /** Threads that the JVM does not know, of native libraries. */
  LIBRARY_THREADS,
  /**
   * Not known: a Java thread whose state the walker does not report, the last part of a thread's
   * life, or a native thread whose name is not known.
   */
  UNKNOWN;

  /**
   * Returns the category of a sample.
   *
   * @param state what the thread was doing, not null
   * @param thread the kind of its thread, not null
   * @return not null
   */
  public static Category of(ThreadState state, ThreadKind thread) {
    return switch (state) {
      case IN_JAVA -> JAVA;
      case IN_NATIVE -> NATIVE;
      case IN_VM, OTHER -> JVM;
      case UNKNOWN -> UNKNOWN;
      case NO_JAVA_THREAD ->
          switch (thread) {
            case GC -> GC;
            case JIT -> JIT;
            case JVM -> JVM_THREADS;
            case LIBRARY -> LIBRARY_THREADS;
            case JAVA, UNKNOWN -> UNKNOWN;
          };
    };
  }
}
