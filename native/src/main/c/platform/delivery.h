/*
 * Waits until threads have acted on the signals that they have taken.
 *
 * The system delivers a signal to a thread in two steps: it takes the signal from the pending
 * signals, then it reads the signal's action. Between the two steps SIG_IGN no longer discards the
 * signal, and its handler has not entered the gate (gate.h). So the teardown, which ends a session
 * (teardown.h), cannot observe the signal. If SIG_DFL were restored between the two steps, the
 * signal would kill the process. docs/drain-protocol.md, "Between pending and the action", has the
 * argument.
 *
 * Called on ordinary threads only, with the sampler's lock held. Not signal-safe.
 */
#ifndef SPPROF_DELIVERY_H
#define SPPROF_DELIVERY_H

#include <stdint.h>

/* A result of spprof_delivery_problem: this kernel can preempt threads in code that runs with
 * interrupts off on other kernels (PREEMPT_RT). */
#define SPPROF_DELIVERY_REALTIME 1

/*
 * On Linux the first call of either function registers the process for membarrier. The registration
 * takes some 20 ms, in which the caller sleeps. It lasts for the life of the process and has no
 * further cost.
 */

/*
 * Returns the reason why spprof_delivery_await can only wait for a fixed time: -errno of the call
 * that the kernel or a sandbox refuses, or SPPROF_DELIVERY_REALTIME. Returns 0 where the system
 * reports that the signals were acted on, and on systems without any such call, like macOS. Takes
 * some microseconds, and needs no lock.
 */
int spprof_delivery_problem(void);

/*
 * Returns 0 when the action was read of every signal that a thread had taken before the call. This
 * takes some microseconds where the system has a call for it, and a fixed time elsewhere
 * (delivery_linux.c, delivery_darwin.c). Returns -EBUSY if after `deadline_ms` a debugger still
 * holds a thread at a signal, or another -errno if the process is traced and its threads could not
 * be listed.
 */
int spprof_delivery_await(uint32_t deadline_ms);

#endif
