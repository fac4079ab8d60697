/*
 * Waits out signals that a thread has taken and not yet acted on.
 *
 * A signal reaches a thread in two steps: the system takes it from what is pending, then it reads
 * the action. What is taken is no longer discarded by SIG_IGN, and its handler has not entered the
 * gate: the teardown can see it nowhere. If SIG_DFL came back between the two steps, the process
 * would die. docs/drain-protocol.md, "Between pending and the action", has the argument.
 *
 * Ordinary threads, with the sampler's lock held. Not signal-safe.
 */
#ifndef SPPROF_DELIVERY_H
#define SPPROF_DELIVERY_H

#include <stdint.h>

/* The kernel switches threads out where others keep interrupts off. */
#define SPPROF_DELIVERY_REALTIME 1

/*
 * The first call of either function asks the kernel, on Linux, for what stays for the life of the
 * process and costs nothing more; that takes some 20 ms, asleep.
 */

/*
 * Why a wait here only lets a fixed time pass: -errno of the call that the kernel or a sandbox
 * refuses, or SPPROF_DELIVERY_REALTIME. 0 where the system says when the signals were acted on, or
 * has no call for it at all, as macOS. Some microseconds; no lock is needed.
 */
int spprof_delivery_problem(void);

/*
 * Returns 0 when every signal that was taken before the call has had its action read. Some
 * microseconds where the system has a call for it, else a fixed time (delivery_linux.c,
 * delivery_darwin.c). -EBUSY: after `deadline_ms` a debugger still holds a thread at a signal.
 */
int spprof_delivery_await(uint32_t deadline_ms);

#endif
