/*
 * The schedule of a thread's own timer: when the timer expires next, and how much CPU time each
 * expiration stands for, also when the interval changes while a session runs.
 *
 * A slot (the entry of one thread, slots.h) is paid up to `paid_ns`, a reading of its thread's CPU
 * clock. Paid means that the thread's signals have accounted for its CPU time up to that reading.
 * Every expiration pays one more interval, whenever it is signalled. The next expiry comes at paid
 * + phase * interval. The phase is drawn once for each thread, uniformly from [0, 1). So the
 * CPU time that has been counted is never further from the clock than one interval, and its
 * mean is the clock itself, also over threads that live for less than one interval.
 *
 * A change of the interval is only stored. The handler of each thread applies the change at the
 * thread's next signal: it pays the expirations at the interval at which they came, then sets the
 * timer anew, starting from paid_ns. This keeps both properties, because an interval begins where
 * the last one was paid up to, and the time of the change does not depend on the phase. Setting the
 * timers of all threads at once, from another thread, would break them: a thread in the middle of
 * an interval either has been sampled for that interval or has not. Any treatment of the remainder
 * then counts CPU time twice or never for threads that run little. Storing the change also costs no
 * work for threads that rest, whose timers are disarmed for a time (thread_timers.h). The
 * disadvantage: after the interval was shortened, a thread is first sampled when its present
 * interval ends.
 *
 * Only the engine with a timer for each thread uses this schedule. A process's timer keeps its own
 * sum (platform/darwin.c). Functions in _sigsafe run in the handler of the slot's thread; each
 * comment states who calls the others.
 */
#ifndef SPPROF_SCHEDULE_H
#define SPPROF_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"
#include "threads/slots.h"

/*
 * Sets the wanted interval from now on, ns, greater than 0. `first` is true for the first interval
 * of a session. Called with the lock of thread_state.h held.
 */
void spprof_schedule_want(uint64_t interval_ns, bool first);
/* Returns the longest interval that was wanted in this session, ns. Called with the lock of
 * thread_state.h held. */
uint64_t spprof_schedule_longest(void);

/* Begins the schedule of a new thread's slot, paid up to `from_ns`. `random` is 32 random bits,
 * from which the phase is made. Called with the lock of thread_state.h held and no timer armed. */
void spprof_schedule_begin(struct spprof_slot *slot, uint64_t from_ns, uint32_t random);

/* Returns the reading of the thread's CPU clock at which the timer expires next, ns; never 0. */
uint64_t spprof_schedule_next_sigsafe(const struct spprof_slot *slot);

/* In the handler, on the slot's thread: pays `expirations` (at least 1) that were signalled.
 * Returns the CPU time that they stand for, ns, at least one interval. Forgone CPU time, which is
 * already counted as not signalled (see below), is paid, but is no part of the result. */
uint64_t spprof_schedule_pay_sigsafe(struct spprof_slot *slot, uint64_t expirations);

/* In the handler, on the slot's thread, after paying: sets the timer to the wanted interval. */
void spprof_schedule_follow_sigsafe(const struct spprof_engine *engine, struct spprof_slot *slot);

/* On the slot's thread, with its timer disarmed: pays `cpu_ns` more, which were due. Returns the
 * part of `cpu_ns` that is not forgone, ns. */
uint64_t spprof_schedule_settle(struct spprof_slot *slot, uint64_t cpu_ns);

/* Returns the due CPU time, ns: the expirations up to the clock's reading `cpu_ns` that were not
 * signalled, times the interval. */
uint64_t spprof_schedule_due(const struct spprof_slot *slot, uint64_t cpu_ns);

/*
 * Forgoes CPU time of a thread that blocks the signal. Of the CPU time that is due at the clock's
 * reading `cpu_ns`, only the last expiration will be sampled. Returns how much more CPU time is
 * forgone than before, ns. The caller counts it as not signalled, and no later signal counts it
 * again. May return 0 if the thread's handler interferes. Called with the lock of thread_state.h
 * held; the thread's handler may run at the same time.
 */
uint64_t spprof_schedule_forgo(struct spprof_slot *slot, uint64_t cpu_ns);
/* Returns the CPU time that is forgone and not paid yet, a part of what is due, ns. Called with the
 * lock of thread_state.h held, and by the handler. */
uint64_t spprof_schedule_forgone(const struct spprof_slot *slot);

#endif
