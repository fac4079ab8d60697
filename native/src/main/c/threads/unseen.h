/*
 * Counts unseen CPU time: CPU time that no signal stands for, now or later. It is the CPU time of
 * threads that started and ended between two checks, of a native thread since its last signal,
 * of a Java thread after its ThreadEnd, and of threads without a timer.
 *
 * The process's CPU clock contains the CPU time of every thread, also of threads that are gone.
 * Each check (spprof_unseen_look) subtracts from this clock all CPU time that is sampled, will be
 * sampled, or is left out on purpose:
 *
 *   thread with a timer      its CPU clock, from the reading at which sampling began; what is not
 *                            signalled yet will be, or is counted as due when the thread or the
 *                            session ends
 *   thread without a timer   what was signalled while it had one, and what was counted as dropped
 *                            while the thread blocked the signal
 *   excluded thread          its CPU clock: the profiler's own threads are not sampled
 *   thread that is gone      the reading of its clock in ThreadEnd; without one, what was signalled
 *                            and what was due
 *
 * The remainder at the first check is not CPU time of the session. The growth of the remainder
 * after that is unseen. The remainder contains no random error, because clocks are compared with
 * clocks. There is one exception: the signalled time of native threads that are gone has the
 * randomness of their phase (schedule.h), just as their samples have.
 *
 * The clocks cannot be read at one moment. Each check therefore computes two remainders:
 *
 *   low    the process's clock is read before the threads' clocks; this remainder is too low
 *   high   the process's clock is read after them; this remainder is too high
 *
 * The true remainder never falls. So the highest of all low remainders is at most the remainder
 * now, and the lowest of all high remainders is at least the remainder at the first check. The
 * former minus the latter, if positive, is counted as unseen. This difference is never too great,
 * so CPU time that is sampled is never counted as unseen. The count catches up when the machine is
 * quiet and the two remainders are close.
 *
 * All this applies only to the engine with a timer for each thread, because the signals of a
 * process's timer stand for the CPU time of all threads. All functions are called with the lock of
 * thread_state.h held, never in a signal handler.
 */
#ifndef SPPROF_UNSEEN_H
#define SPPROF_UNSEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"
#include "threads/slots.h"

/* Prepares the counting. Called when a session begins. Only slots of excluded threads (the
 * profiler's own) are in use then. */
void spprof_unseen_begin(const struct spprof_engine *engine);

/* Called when the slot is given to a thread. The thread is sampled from the reading `from_ns` of
 * its CPU clock on. */
void spprof_unseen_enter(struct spprof_slot *slot, uint64_t from_ns);

/* Called when the slot's thread is gone, or when its sampling begins again. From now on, the CPU
 * time that was signalled or due counts as seen. Returns this CPU time, in ns. */
uint64_t spprof_unseen_leave(const struct spprof_slot *slot);

/* Returns the CPU time of a thread that was due at the last reading of its clock and was not
 * signalled, in ns. */
uint64_t spprof_unseen_due(const struct spprof_slot *slot);

/* Returns whether the process has used enough CPU time since the last check to justify the cost of
 * another check. */
bool spprof_unseen_worth_a_look(void);

/* Makes a check: compares the clocks and counts in unseen_cpu_ns. The first check of a session
 * comes after its first sweep (sweep.h). */
void spprof_unseen_look(void);

#endif
