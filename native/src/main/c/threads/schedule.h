/*
 * When a thread's own timer expires next, and how much CPU time each expiration stands for; also
 * across changes of the interval while a session runs.
 *
 * A slot is paid up to a reading of its thread's CPU clock, `paid_ns`: every expiration pays one
 * interval more, whenever it is signalled. The next comes at paid + phase * interval, where the
 * phase is drawn once for a thread, uniformly from [0, 1). So what has been counted is never
 * further from the clock than an interval, and its mean is the clock itself, also over threads that
 * live for less than an interval.
 *
 * A change of the interval is only stored. Each thread's handler follows at its next signal: it
 * pays the expirations at the interval that they came with, then sets its timer anew from what is
 * paid. This keeps both properties: an interval begins where the last was paid up to, and nobody
 * looks at the phase to decide when. (Setting the timers of all threads at once, from outside,
 * would not: a thread in the midst of an interval has either been sampled for it or not yet, and
 * whatever is done with the rest counts CPU time twice, or never, for threads that run little.) It
 * costs no work for threads that rest. The price: after a shortening, a thread is first sampled
 * when the interval that it is in ends.
 *
 * Only a timer a thread is scheduled so; a process's timer has its own sum (platform/darwin.c).
 */
#ifndef SPPROF_SCHEDULE_H
#define SPPROF_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"
#include "threads/slots.h"

/*
 * The interval wanted from now on, ns, greater than 0; `first` in a session. With the lock of
 * thread_state.h.
 */
void spprof_schedule_want(uint64_t interval_ns, bool first);
/* The longest interval that was wanted in this session. With the lock of thread_state.h. */
uint64_t spprof_schedule_longest(void);

/* The slot is of a new thread, paid up to `from_ns`; `random` is any 32 bits. No timer is armed. */
void spprof_schedule_begin(struct spprof_slot *slot, uint64_t from_ns, uint32_t random);

/* The thread CPU clock of the next expiry, ns, never 0. */
uint64_t spprof_schedule_next_sigsafe(const struct spprof_slot *slot);

/* In the handler, on the slot's thread: so many expirations, at least 1, were signalled. The CPU
 * time that they stand for, ns, at least an interval; what is forgone is paid, but no part of
 * it. */
uint64_t spprof_schedule_pay_sigsafe(struct spprof_slot *slot, uint64_t expirations);

/* In the handler, on the slot's thread, after paying: its timer follows the wanted interval. */
void spprof_schedule_follow_sigsafe(const struct spprof_engine *engine, struct spprof_slot *slot);

/* On the slot's thread, with its timer disarmed: `cpu_ns` more, which were due, are paid. The part
 * of that which is not forgone, ns. */
uint64_t spprof_schedule_settle(struct spprof_slot *slot, uint64_t cpu_ns);

/* Expirations up to the clock's reading `cpu_ns` that were not signalled, in CPU time, ns. */
uint64_t spprof_schedule_due(const struct spprof_slot *slot, uint64_t cpu_ns);

/*
 * With the lock of thread_state.h, beside the thread's handler: nothing that was due at the clock's
 * reading `cpu_ns` will be sampled but the last expiration, as the thread blocks the signal. How
 * much more that is than was forgone before, ns: the caller counts it, and no later signal will.
 * May be 0 where the handler comes between.
 */
uint64_t spprof_schedule_forgo(struct spprof_slot *slot, uint64_t cpu_ns);
/* With the lock: what is forgone and not paid, a part of what is due, ns. */
uint64_t spprof_schedule_forgone(const struct spprof_slot *slot);

#endif
