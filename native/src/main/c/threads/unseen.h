/*
 * CPU time that no signal stands for, nor will: of threads that came and went between two looks, of
 * a native thread's last tick, of a Java thread after its ThreadEnd, of threads without a timer.
 *
 * The process's CPU clock holds the time of every thread, of those that are gone, too. From what it
 * shows, all that is sampled, or will be, is subtracted:
 *
 *   a thread with a timer   its clock, from where it is sampled: what is not yet signalled will be,
 *                           or is counted as due when the thread or the session ends
 *   without a timer         what was signalled, or counted while it blocked the signal
 *   excluded                its clock
 *   gone                    what was signalled and what was due; where ThreadEnd read its clock,
 *                           that reading
 *
 * The remainder at the first look is not ours. What it grows by after that is unseen. It has no
 * chance in it, as clocks are compared with clocks; only the signalled time of native threads that
 * are gone has that of their phase (schedule.h), the same that their samples have.
 *
 * The clocks are not read at one moment. So each look makes two remainders: with the process's
 * clock read before the threads' it is too low, with the clock read after them too high. The
 * highest of the first kind less the lowest of the second kind is counted, which never counts CPU
 * time that is sampled, and catches up when the machine is quiet.
 *
 * Only with a timer a thread; a process's timer signals the time of all threads. Everything here is
 * called with the lock of thread_state.h.
 */
#ifndef SPPROF_UNSEEN_H
#define SPPROF_UNSEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"
#include "threads/slots.h"

/* A session begins; no slot but those of excluded threads is in use. */
void spprof_unseen_begin(const struct spprof_engine *engine);

/* The slot is of a thread from here on, which is sampled from its clock's `from_ns` on. */
void spprof_unseen_enter(struct spprof_slot *slot, uint64_t from_ns);

/* The slot's thread is gone, or will be sampled anew: what it was signalled counts as seen for
 * good. How much that is, ns. */
uint64_t spprof_unseen_leave(const struct spprof_slot *slot);

/* What was due on a thread that is gone when its clock was last read, and was not signalled, ns. */
uint64_t spprof_unseen_due(const struct spprof_slot *slot);

/* Whether the process has used so much CPU time since the last look that one is worth its cost. */
bool spprof_unseen_worth_a_look(void);

/* Compares the clocks, counts in unseen_cpu_ns. The session's first look comes after its first
 * sweep. */
void spprof_unseen_look(void);

#endif
