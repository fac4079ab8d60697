/*
 * The timer of one thread: makes it, arms it, lets the thread rest (disarms the timer for a time),
 * deletes it, and counts the CPU time that it has not signalled.
 *
 * A thread's timer expires by the schedule of the thread's slot (schedule.h, slots.h). If the
 * system refuses to make a timer, or to set it, the thread has no timer. Its CPU time then counts
 * as unseen, which means that no signal stands for it (unseen.h), and sweeps (sweep.h) try again.
 * If the system does not delete a timer, the slot keeps it, and the teardown of the session does
 * not finish before the timer is deleted.
 *
 * No timer is made once the gate is closed (gate.h). The code that makes a timer checks the gate
 * under the lock of thread_state.h. The teardown closes the gate before it takes this lock to
 * disarm the timers.
 *
 * Never called in a signal handler. Functions whose names end in _locked are called with the lock
 * of thread_state.h held; the others take it.
 */
#ifndef SPPROF_THREAD_TIMERS_H
#define SPPROF_THREAD_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "threads/slots.h"

/* Begins the slot's schedule at `from_ns` of the thread's CPU clock, with a random phase. */
void spprof_thread_begin_clock_locked(struct spprof_slot *slot, uint64_t from_ns);

/* Gives the slot a timer. Does nothing if the slot has one, if it waits for adoption (adoption.h),
 * or if the gate is closed. If the slot's thread has ended meanwhile, releases the slot. */
void spprof_threads_arm_locked(struct spprof_slot *slot);
/* Sets the timer again, by the slot's schedule. Does nothing if the slot has no timer, or if its
 * thread rests. If the system refuses, the thread has no timer until a sweep makes one. */
void spprof_threads_go_on_locked(struct spprof_slot *slot);
/* Deletes the slot's timer, and stores the reading of the thread's clock. Returns 0 or -errno. */
int spprof_thread_disarm_locked(struct spprof_slot *slot);
/* Records whether the slot could not get a timer, and updates the counter threads_failed. */
void spprof_thread_set_failed_locked(struct spprof_slot *slot, bool failed);

/* Ends the sampling of a Java thread that ends, or of any thread that exits, at the reading
 * `cpu_ns` of its clock. Deletes the timer. The slot is released when the system's thread is gone.
 * With a process's timer, it is released at once. */
void spprof_threads_retire_locked(struct spprof_slot *slot, uint64_t cpu_ns);
/* Closes the accounts of a thread when the system's thread is gone. Counts its due CPU time that
 * was never signalled. Adds what was signalled or due to the CPU time seen of threads that are gone
 * (unseen.h). */
void spprof_thread_gone_locked(struct spprof_slot *slot);
/* Counts the expiries of the thread's own timer that were due when the timer was deleted, that
 * were never signalled, and that are not counted yet (blocked.h). */
void spprof_thread_count_unsignalled_locked(const struct spprof_slot *slot);
/* Deletes the slot's timer and releases the slot. */
void spprof_thread_release_locked(struct spprof_slot *slot);
/* Tries again to delete the timer of a slot that has no thread any more (SPPROF_SLOT_UNDELETED). On
 * success, frees the slot. Returns 0 or -errno. */
int spprof_thread_delete_left_timer_locked(struct spprof_slot *slot);

/*
 * Lets one of `share` threads be sampled from now on, to reduce the cost. The others rest: their
 * timers are disarmed. `turn` selects the threads to sample; a caller increments it to select the
 * next threads. A share of 1 ends the rest.
 *
 * No CPU time is lost. When a thread's turn comes, it is signalled at once for the CPU time that it
 * has used meanwhile. CPU time that is left when a thread or the session ends is counted, too. New
 * threads begin to rest at the next call. If the system does not set a thread's timer, the timer is
 * deleted, and sweeps try to make another. The call has no effect with a process's timer, which
 * cannot choose the threads that it signals.
 */
void spprof_threads_rest(uint32_t share, uint32_t turn);

/*
 * Makes step 3 of the teardown: deletes every timer. Called with the gate closed. Returns 0, or
 * -errno if the system did not delete a timer, which may still send signals. May be called again.
 */
int spprof_threads_disarm(void);

#endif
