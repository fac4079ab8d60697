package io.spprof.profile;

import io.spprof.sampler.ThreadState;

/**
 * The CPU time of samples by the state of their threads, in nanoseconds.
 *
 * @param inJava Java threads in Java code
 * @param inNative Java threads in native methods, and in system calls below native methods
 * @param inVm Java threads in the JVM's own code
 * @param other Java threads that are about to block, starting or ending
 * @param unknown Java threads whose state is not known ({@code walker=agct} reports no state)
 * @param noJavaThread threads of the garbage collector, the JIT compilers, the JVM and native
 *     libraries
 */
public record StateTimes(
    long inJava, long inNative, long inVm, long other, long unknown, long noJavaThread) {

  /** All times are zero. */
  public static final StateTimes NONE = new StateTimes(0, 0, 0, 0, 0, 0);

  /**
   * Creates an object from an array.
   *
   * @param nanos the CPU time for each state, in nanoseconds; the index is {@link
   *     ThreadState#ordinal()}; the array is not kept
   * @return not null
   */
  public static StateTimes of(long[] nanos) {
    return new StateTimes(
        nanos[ThreadState.IN_JAVA.ordinal()],
        nanos[ThreadState.IN_NATIVE.ordinal()],
        nanos[ThreadState.IN_VM.ordinal()],
        nanos[ThreadState.OTHER.ordinal()],
        nanos[ThreadState.UNKNOWN.ordinal()],
        nanos[ThreadState.NO_JAVA_THREAD.ordinal()]);
  }

  /**
   * Adds the times of each state.
   *
   * @param more the times to add, not null
   * @return the sums
   */
  public StateTimes plus(StateTimes more) {
    return new StateTimes(
        inJava + more.inJava,
        inNative + more.inNative,
        inVm + more.inVm,
        other + more.other,
        unknown + more.unknown,
        noJavaThread + more.noJavaThread);
  }

  /**
   * Returns the sum over all states.
   *
   * @return nanoseconds
   */
  public long total() {
    return inJava + inNative + inVm + other + unknown + noJavaThread;
  }
}
