package io.spprof.sampler;

import static io.spprof.sampler.ErrorNumber.EACCES;
import static io.spprof.sampler.ErrorNumber.EPERM;

/**
 * Builds the message for a user whose kernel cannot report signals on their way. When a session
 * stops, it asks the kernel by a system call whether a signal is still on its way to a thread
 * (delivery.h). If the kernel cannot answer, the stop waits for a fixed time of 20 ms instead.
 *
 * <p>Within this time, a signal normally arrives. The stop is unsafe only in one case: a thread has
 * taken its signal and not yet read the action for the signal, which are a few instructions, and
 * then cannot run for longer than the fixed time.
 */
final class DeliveryProblem {

  private static final int REALTIME = 1;

  private static final String WAITS =
      "a stop of the session waits 20 ms for signals on their way, because ";

  private DeliveryProblem() {}

  /**
   * Returns the message for a problem.
   *
   * @param problem the native side's result: a negative error number, {@code
   *     SPPROF_DELIVERY_REALTIME}, or 0 for no problem
   * @return "" for 0; else the consequence, the cause, and the remedy; not null
   */
  static String of(int problem) {
    if (problem == 0) {
      return "";
    }
    if (problem == REALTIME) {
      return WAITS
          + "this kernel (PREEMPT_RT) does not say when none is left; that is safe unless threads"
          + " of a higher priority keep one of this JVM's from running for longer just then: stop"
          + " sessions while no such thread is busy";
    }
    boolean forbidden = problem == -EPERM || problem == -EACCES;
    return WAITS
        + "the system call membarrier is forbidden here or does not exist (error "
        + -problem
        + "); that is safe unless a hypervisor takes the processor away for longer just then: allow"
        + " membarrier in the sandbox (seccomp) profile"
        + (forbidden ? "" : ", or use Linux 4.14 or later");
  }
}
