package io.spprof.sampler;

/**
 * How the walk of one stack ended. What has no frames stands in the profile under a synthetic one,
 * so that its CPU time does not vanish. The codes 0 to −10 are AsyncGetCallTrace's (HotSpot,
 * forte.cpp).
 */
public enum WalkResult {
  /** The frames are there. */
  OK(SampleLayout.WALK_OK, null, false),
  /** GC, JIT and other threads of the JVM, and of native libraries: there is no Java stack. */
  NATIVE_THREAD(SampleLayout.WALK_NATIVE_THREAD, "[native thread]", false),
  /** CPU time since the last tick of the kernel, settled when the thread ended. */
  THREAD_EXIT(SampleLayout.WALK_THREAD_EXIT, "[thread end]", false),
  /** A Java thread outside of any Java method: starting, ending, or attached by native code. */
  NO_JAVA_FRAME(0, "[no Java frame]", false),
  /** No agent listens to class loading. */
  NO_CLASS_LOAD(-1, "[unwalkable: class load events are off]", true),
  /** A garbage collection is going on. */
  GC_ACTIVE(-2, "[unwalkable: GC active]", true),
  /** In native code or the JVM, with a last Java frame that cannot be found. */
  UNKNOWN_NOT_JAVA(-3, "[unwalkable: unknown frame outside Java]", true),
  /** In native code or the JVM, with a last Java frame that cannot be walked. */
  NOT_WALKABLE_NOT_JAVA(-4, "[unwalkable: broken frame outside Java]", true),
  /** In Java code, at an unknown place. */
  UNKNOWN_JAVA(-5, "[unwalkable: unknown frame in Java]", true),
  /** In Java code, with a frame that cannot be walked: prologues, stubs. */
  NOT_WALKABLE_JAVA(-6, "[unwalkable: broken frame in Java]", true),
  /** In no state that the walker knows. */
  UNKNOWN_STATE(-7, "[unwalkable: unknown thread state]", true),
  /** The thread is ending. */
  EXITING(-8, "[unwalkable: thread ending]", true),
  /** In the midst of a deoptimization. */
  DEOPT(-9, "[unwalkable: deoptimization]", true),
  /** At a safepoint. */
  SAFEPOINT(-10, "[unwalkable: safepoint]", true),
  /** A code that this version does not know. */
  OTHER(Integer.MIN_VALUE, "[unwalkable: unknown cause]", true);

  private static final WalkResult[] ALL = values();

  private final int code;
  private final String frame;
  private final boolean unwalkable;

  WalkResult(int code, String frame, boolean unwalkable) {
    this.code = code;
    this.frame = frame;
    this.unwalkable = unwalkable;
  }

  static WalkResult of(int code) {
    for (WalkResult result : ALL) {
      if (result.code == code) {
        return result;
      }
    }
    return OTHER;
  }

  /**
   * The synthetic frame that stands for the stack.
   *
   * @return null for {@link #OK}
   */
  public String frame() {
    return frame;
  }

  /**
   * Whether there was a stack that could not be walked.
   *
   * @return false where there is nothing to walk
   */
  public boolean unwalkable() {
    return unwalkable;
  }
}
