package io.spprof.sampler;

import static io.spprof.sampler.ErrorNumber.EACCES;
import static io.spprof.sampler.ErrorNumber.EPERM;

/**
 * Builds the message for a user on whose system a stop waits for a fixed time of 20 ms. A thread
 * first takes a sampling signal and, a few instructions later, reads the signal's action. A stop
 * must not change the action between the two (delivery.h). Normally the stop uses the system call
 * membarrier, which returns when no thread is between the two. Where membarrier does not exist, is
 * forbidden, or does not ensure this, the stop waits for the fixed time.
 *
 * <p>The wait is unsafe only if a thread is between the two for longer than the fixed time, because
 * it has no processor.
 */
final class DeliveryProblem {

  private static final String WAITS =
      "a stop of the session waits 20 ms for signals on their way to a thread, because ";

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
    if (problem == SampleLayout.DELIVERY_REALTIME) {
      return WAITS
          + "this kernel (PREEMPT_RT) does not report when all signals have arrived; the wait is"
          + " safe unless threads of a higher priority keep a thread of this JVM from running for"
          + " longer than the wait: stop sessions while no such thread is busy";
    }
    boolean forbidden = problem == -EPERM || problem == -EACCES;
    return WAITS
        + "the system call membarrier is forbidden here or does not exist (error "
        + -problem
        + "); the wait is safe unless a hypervisor takes the processor away for longer than the"
        + " wait: allow membarrier in the sandbox (seccomp) profile"
        + (forbidden ? "" : ", or use Linux 4.14 or later");
  }
}
