package io.spprof.sampler;

/**
 * How the walk of one stack ended, with the synthetic frame that shows it in the profile. A
 * synthetic frame stands for no method. A stack without frames is kept under a synthetic frame, so
 * that its CPU time is not lost. If a walk fails half-way, the synthetic frame is at the root end
 * of the frames that the walk found. The codes 0 to −10 are those of AsyncGetCallTrace (HotSpot,
 * forte.cpp).
 */
public enum WalkResult {
  /** The walk found all frames. */
  OK(SampleLayout.WALK_OK, null, false),
  /**
   * The walk found all frames of a virtual thread, down to the border between the virtual thread's
   * frames and the frames of its carrier.
   */
  VIRTUAL(SampleLayout.WALK_VIRTUAL, "[virtual thread]", false),
  /**
   * The walk found those frames of a virtual thread that are on the stack of its carrier. The
   * outermost callers of the virtual thread are on the heap; the JVM copies them to the stack when
   * they are needed.
   */
  FROZEN(SampleLayout.WALK_FROZEN, "[virtual thread, callers on the heap]", false),
  /** An address that should lie in the thread's stack does not. */
  BROKEN_STACK(SampleLayout.WALK_BROKEN_STACK, "[broken: outside of the stack]", true),
  /** A return address does not lie in Java code. */
  BROKEN_CODE(SampleLayout.WALK_BROKEN_CODE, "[broken: no Java code]", true),
  /** The caller of compiled code could not be found. */
  BROKEN_METHOD(SampleLayout.WALK_BROKEN_METHOD, "[broken: compiled code]", true),
  /** The caller of a stub could not be found. */
  BROKEN_STUB(SampleLayout.WALK_BROKEN_STUB, "[broken: stub]", true),
  /** The walk expected a frame of the interpreter and found none. */
  BROKEN_INTERPRETER(SampleLayout.WALK_BROKEN_INTERPRETER, "[broken: interpreter]", true),
  /** The walk expected a frame of a call from native code and found none. */
  BROKEN_ENTRY(SampleLayout.WALK_BROKEN_ENTRY, "[broken: entry from native code]", true),
  /** Native code does not describe how to find its caller. */
  BROKEN_NATIVE(SampleLayout.WALK_BROKEN_NATIVE, "[broken: native code]", true),
  /** The debug information of compiled code is invalid. */
  BROKEN_SCOPES(SampleLayout.WALK_BROKEN_SCOPES, "[broken: debug information]", true),
  /** The thread was being deoptimized, which replaces its frames. */
  BROKEN_DEOPT(SampleLayout.WALK_BROKEN_DEOPT, "[broken: deoptimization]", true),
  /**
   * A thread without a Java stack: a GC, JIT or other thread of the JVM, or a thread of a native
   * library.
   */
  NATIVE_THREAD(SampleLayout.WALK_NATIVE_THREAD, "[native thread]", false),
  /**
   * The sample stands for CPU time since the kernel's last tick, which was accounted for when the
   * thread ended. It has no stack.
   */
  THREAD_EXIT(SampleLayout.WALK_THREAD_EXIT, "[thread end]", false),
  /**
   * A Java thread outside of any Java method: it is starting, ending, or attached by native code.
   */
  NO_JAVA_FRAME(0, "[no Java frame]", false),
  /** No agent has enabled JVMTI's class load events, which AsyncGetCallTrace requires. */
  NO_CLASS_LOAD(-1, "[unwalkable: class load events are off]", true),
  /** A garbage collection is going on. */
  GC_ACTIVE(-2, "[unwalkable: GC active]", true),
  /** The thread was in native code or in the JVM, and its last Java frame could not be found. */
  UNKNOWN_NOT_JAVA(-3, "[unwalkable: unknown frame outside Java]", true),
  /** The thread was in native code or in the JVM, and its last Java frame could not be walked. */
  NOT_WALKABLE_NOT_JAVA(-4, "[unwalkable: broken frame outside Java]", true),
  /** The thread was in Java code, in a frame of an unknown kind. */
  UNKNOWN_JAVA(-5, "[unwalkable: unknown frame in Java]", true),
  /**
   * The thread was in Java code, in a frame that cannot be walked, for instance a prologue or a
   * stub.
   */
  NOT_WALKABLE_JAVA(-6, "[unwalkable: broken frame in Java]", true),
  /** The thread was in a state that the walker does not know. */
  UNKNOWN_STATE(-7, "[unwalkable: unknown thread state]", true),
  /** The thread is ending. */
  EXITING(-8, "[unwalkable: thread ending]", true),
  /** The thread was being deoptimized. */
  DEOPT(-9, "[unwalkable: deoptimization]", true),
  /** The thread was at a safepoint. */
  SAFEPOINT(-10, "[unwalkable: safepoint]", true),
  /** The code is unknown to this version of the profiler. */
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
   * Returns the synthetic frame of this result. It stands at the root end of the frames that the
   * walk found, if there are any.
   *
   * @return null for {@link #OK}
   */
  public String frame() {
    return frame;
  }

  /**
   * Returns whether there was a stack that the walker could not read completely.
   *
   * @return false if the walk was complete, or if there was nothing to walk
   */
  public boolean unwalkable() {
    return unwalkable;
  }
}
