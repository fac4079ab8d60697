package io.spprof.sampler;

/**
 * How the walk of one stack ended. What has no frames stands in the profile under a synthetic one,
 * so that its CPU time does not vanish; a walk that broke has one at the root end of what it found.
 * The codes 0 to −10 are AsyncGetCallTrace's (HotSpot, forte.cpp).
 */
public enum WalkResult {
  /** The frames are there. */
  OK(SampleLayout.WALK_OK, null, false),
  /** The frames are there, up to where a virtual thread's stack begins on its carrier. */
  VIRTUAL(SampleLayout.WALK_VIRTUAL, "[virtual thread]", false),
  /** The same, but its first callers are on the heap, and come to the stack when needed. */
  FROZEN(SampleLayout.WALK_FROZEN, "[virtual thread, callers on the heap]", false),
  /** An address that should lie in the thread's stack does not. */
  BROKEN_STACK(SampleLayout.WALK_BROKEN_STACK, "[broken: outside of the stack]", true),
  /** A return address that is none of Java code. */
  BROKEN_CODE(SampleLayout.WALK_BROKEN_CODE, "[broken: no Java code]", true),
  /** Compiled code whose caller could not be found. */
  BROKEN_METHOD(SampleLayout.WALK_BROKEN_METHOD, "[broken: compiled code]", true),
  /** A stub whose caller could not be found. */
  BROKEN_STUB(SampleLayout.WALK_BROKEN_STUB, "[broken: stub]", true),
  /** No frame of the interpreter where one should be. */
  BROKEN_INTERPRETER(SampleLayout.WALK_BROKEN_INTERPRETER, "[broken: interpreter]", true),
  /** No frame of a call from native code where one should be. */
  BROKEN_ENTRY(SampleLayout.WALK_BROKEN_ENTRY, "[broken: entry from native code]", true),
  /** Native code that does not tell how to find its caller. */
  BROKEN_NATIVE(SampleLayout.WALK_BROKEN_NATIVE, "[broken: native code]", true),
  /** Debug information of compiled code that makes no sense. */
  BROKEN_SCOPES(SampleLayout.WALK_BROKEN_SCOPES, "[broken: debug information]", true),
  /** In the midst of a deoptimization, which makes frames anew. */
  BROKEN_DEOPT(SampleLayout.WALK_BROKEN_DEOPT, "[broken: deoptimization]", true),
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
   * The synthetic frame that stands at the root end of what was found, which may be nothing.
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
