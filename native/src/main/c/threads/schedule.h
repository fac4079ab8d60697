/*
 * The schedule of a thread's own timer. It determines when the timer expires next, and how much CPU
 * time each expiry stands for, so that no CPU time is lost or counted twice, even if the interval
 * changes while a session runs.
 *
 * A slot (the entry of one thread, slots.h) is paid up to `paid_ns`, a reading of its thread's CPU
 * clock. It begins at the reading from which the thread is sampled. Every expiry of the timer pays
 * one whole interval, no matter how late its signal comes. The next expiry is at paid_ns + phase *
 * interval. The phase is drawn once for each thread, uniformly from [0, 1). An expiry thus comes
 * within the interval that it pays, and paid_ns is then ahead of the clock. The CPU time that was
 * counted is never further from the clock than one interval. On average over the phases it equals
 * the clock, also for threads that live for less than one interval.
 *
 * A change of the interval is only stored. The handler of each thread applies it at the thread's
 * next signal: it pays the expiries that have passed with the old interval, and then sets the timer
 * with the new one, starting from paid_ns. A thread that rests (its timer is disarmed for a time,
 * thread_timers.h) applies it at its first signal after the rest. No CPU time is lost or counted
 * twice, and the bound of one interval, the longer of the two, still holds. The average is off only
 * for threads that end soon after a change, before the interval ends in which they apply it, and by
 * less than one interval: whether a thread applies the change in this interval or in the next one
 * depends on its phase.
 *
 * Setting the timers of all threads at once, from another thread, would be worse. In the middle of
 * an interval, a thread either has been sampled for this interval, which is then paid in advance,
 * or has not. A thread that runs little would have its CPU time counted twice or never, at each
 * change. Storing the change also costs no work for threads that rest. The disadvantage: after the
 * interval was shortened, a thread is first sampled at the expiry that was set before.
 *
 * Only the engine with a timer for each thread uses this schedule. A process's timer keeps its own
 * sum (platform/darwin.c).
 *
 * Functions whose names end in _sigsafe run in the handler of the slot's thread. The comments of
 * the other functions state who calls them.
 */
#ifndef SPPROF_SCHEDULE_H
#define SPPROF_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"
#include "threads/slots.h"

/*
 * Sets the interval, in ns, that threads should have from now on; greater than 0. `first` is true
 * for the first interval of a session. Called with the lock of thread_state.h held.
 */
void spprof_schedule_want(uint64_t interval_ns, bool first);
/* Returns the longest interval of this session so far, in ns. Called with the lock of
 * thread_state.h held. */
uint64_t spprof_schedule_longest(void);

/* Begins the schedule of a new thread's slot, paid up to `from_ns`. `random` is 32 random bits,
 * from which the phase is made. Called with the lock of thread_state.h held, while no timer is
 * armed. */
void spprof_schedule_begin(struct spprof_slot *slot, uint64_t from_ns, uint32_t random);

/* Returns the reading of the thread's CPU clock at which the timer expires next, in ns; never 0. */
uint64_t spprof_schedule_next_sigsafe(const struct spprof_slot *slot);

/*
 * Returns how many of a signal's `expiries` (its own and its overruns) are due at the clock's
 * reading `cpu_ns`, which was taken in the handler. As a rule all of them are. Fewer, perhaps 0,
 * are due for a signal that was pending when its timer was set anew: Linux before 6.13 delivers it
 * nevertheless, and the timer may make another one for the same expiry.
 */
uint64_t spprof_schedule_expiries_sigsafe(const struct spprof_slot *slot, uint64_t expiries,
                                          uint64_t cpu_ns);

/* Pays for expiries. Called in the handler, on the slot's thread. `expiries` is at least 1.
 * Returns the CPU time that they stand for, in ns, at least one
 * interval. Forgone CPU time is already counted as not signalled (see spprof_schedule_forgo); it is
 * paid, but it is no part of the result. */
uint64_t spprof_schedule_pay_sigsafe(struct spprof_slot *slot, uint64_t expiries);

/* Sets the timer to the interval that threads should have. Called in the handler, on the slot's
 * thread, after paying. */
void spprof_schedule_follow_sigsafe(const struct spprof_engine *engine, struct spprof_slot *slot);

/* Pays `cpu_ns` more, which was due, without a signal. Called on the slot's thread, with its timer
 * disarmed. Returns the part of `cpu_ns` that is not forgone, in ns. */
uint64_t spprof_schedule_settle(struct spprof_slot *slot, uint64_t cpu_ns);

/* Returns the due CPU time, in ns: the number of expiries up to the clock's reading `cpu_ns`
 * that were not signalled, times the interval. */
uint64_t spprof_schedule_due(const struct spprof_slot *slot, uint64_t cpu_ns);

/*
 * Forgoes CPU time of a thread that blocks the signal, so that this CPU time is counted although no
 * signal comes. Of the CPU time that is due at the clock's reading `cpu_ns`, only the last expiry
 * will be sampled. Returns how much more CPU time is forgone than before, in ns. The caller counts
 * this CPU time as not signalled; no later signal counts it again. May return 0 if the thread's
 * handler interferes. Called with the lock of thread_state.h held; the thread's handler may run at
 * the same time.
 */
uint64_t spprof_schedule_forgo(struct spprof_slot *slot, uint64_t cpu_ns);
/* Returns the CPU time that is forgone and not paid yet, in ns. It is a part of what is due. Called
 * with the lock of thread_state.h held, and by the handler. */
uint64_t spprof_schedule_forgone(const struct spprof_slot *slot);

#endif
