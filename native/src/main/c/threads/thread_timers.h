/*
 * The timer of one thread: arms it, lets it rest, takes it away, and settles what it leaves.
 *
 * A thread's timer expires by the slot's schedule (schedule.h). A timer that the system refuses, or
 * does not set any more, leaves the thread without one: its CPU time counts as unseen (unseen.h),
 * and sweeps try again. A timer that the system does not delete stays the slot's, and no teardown
 * ends before it is deleted.
 *
 * No timer is made once the gate is closed: that is asked under the lock of thread_state.h, and the
 * teardown closes the gate before it takes the lock to disarm.
 */
#ifndef SPPROF_THREAD_TIMERS_H
#define SPPROF_THREAD_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "threads/slots.h"

/* The slot's schedule begins at `from_ns` of the thread's CPU clock, at a random phase. */
void spprof_thread_begin_clock_locked(struct spprof_slot *slot, uint64_t from_ns);

/* Gives the slot a timer, unless it has one, waits for adoption, or the gate is closed. A slot
 * whose thread has ended meanwhile is released. */
void spprof_threads_arm_locked(struct spprof_slot *slot);
/* Sets the timer anew, if the slot has one and does not rest: it goes on from what is paid. Where
 * the system refuses, the thread has no timer until a sweep makes one. */
void spprof_threads_go_on_locked(struct spprof_slot *slot);
/* Deletes the slot's timer, and remembers the thread's clock. 0 or -errno. */
int spprof_thread_disarm_locked(struct spprof_slot *slot);
/* Whether the slot could not get a timer; keeps the counter threads_failed. */
void spprof_thread_set_failed_locked(struct spprof_slot *slot, bool failed);

/* Its JVM's thread has ended, when the thread's clock was `cpu_ns`: no timer, and the slot goes
 * when the system's thread has gone. */
void spprof_threads_retire_locked(struct spprof_slot *slot, uint64_t cpu_ns);
/* The system's thread is gone: counts what of its CPU time nobody has seen. */
void spprof_thread_gone_locked(struct spprof_slot *slot);
/* Counts the expirations of the thread's own timer that were due when it was deleted, never
 * signalled, and not counted yet (blocked.h). */
void spprof_thread_count_unsignalled_locked(const struct spprof_slot *slot);
/* Deletes the slot's timer and gives the slot back. */
void spprof_thread_release_locked(struct spprof_slot *slot);
/* Tries once more to delete the timer of a slot that is nobody's (SPPROF_SLOT_UNDELETED). 0 or
 * -errno. */
int spprof_thread_delete_left_timer_locked(struct spprof_slot *slot);

/*
 * Of `share` threads one is sampled from now on, the others rest, their timers disarmed; who that
 * is `turn` says, which goes up by one to pass it on. A share of 1 ends that. On its turn a thread
 * is signalled at once for what it has used meanwhile, so no CPU time is lost; nor is what is left
 * when it, or the session, ends. New threads rest from the next call on. A thread whose timer the
 * system does not set loses it, and sweeps try to make another. No effect with a process's timer,
 * which meets whom it meets.
 */
void spprof_threads_rest(uint32_t share, uint32_t turn);

/* Step 3 of the teardown: deletes every timer. The gate is closed. 0, or -errno if the system did
 * not delete one, which may still send signals; may be called again. */
int spprof_threads_disarm(void);

#endif
