/*
 * Waits until no thread is between taking a profiling signal and entering the signal's handler, or
 * ignoring the signal. The teardown (teardown.h), which ends a session, needs this before it
 * restores the signal's earlier action.
 *
 * The kernel delivers a signal to a thread in two steps. It first takes the signal from the pending
 * signals, and then reads the signal's action. Between the two steps, the teardown cannot observe
 * the signal: SIG_IGN no longer discards it, and its handler has not entered the gate (gate.h). If
 * SIG_DFL were restored between the two steps, the signal would kill the process.
 * docs/drain-protocol.md, "Between pending and the action", has the argument.
 *
 * Called with the sampler's lock held, never in a signal handler.
 */
#ifndef SPPROF_DELIVERY_H
#define SPPROF_DELIVERY_H

#include <stdint.h>

/* A result of spprof_delivery_problem: this kernel (PREEMPT_RT) can preempt threads in code that
 * runs with interrupts off on other kernels. */
#define SPPROF_DELIVERY_REALTIME 1

/*
 * On Linux the first call of either function registers the process for membarrier. The registration
 * takes some 20 ms, in which the caller sleeps. It lasts for the life of the process and has no
 * further cost.
 */

/*
 * Returns the reason why spprof_delivery_await can only wait for a fixed time: -errno of the call
 * that the kernel or a sandbox refuses, or SPPROF_DELIVERY_REALTIME. Returns 0 if the system can
 * report that threads have acted on their signals, and also on systems that have no call for this,
 * like macOS. Takes some microseconds, and needs no lock.
 */
int spprof_delivery_problem(void);

/*
 * Waits until threads have acted on the signals that they have taken. Returns 0 when, for every
 * signal that a thread had taken before the call, the thread has read the action. If the system has
 * a call for this, the wait takes some microseconds; otherwise it is a fixed time
 * (delivery_linux.c, delivery_darwin.c). Returns -EBUSY if a debugger still holds a thread at a
 * signal after `deadline_ms`. Returns another -errno if the process is traced and its threads could
 * not be listed.
 */
int spprof_delivery_await(uint32_t deadline_ms);

#endif
