/*
 * Decides which threads are sampled, and assigns slots to them. A slot is a thread's entry in the
 * table of threads; it has the thread's number within the session (slots.h).
 *
 * Threads are found in three ways:
 * - The first sweep (sweep.h) finds the threads that exist when a session starts. java_threads.c
 *   finds out which of them are Java threads.
 * - JVMTI's event ThreadStart, which runs on the new thread, reports Java threads that start later.
 * - Sweeps, and searches among new thread numbers, while the session runs find the threads that
 *   start later and that the JVM does not report.
 *
 * With a process's timer, all threads that the JVM does not report share one slot. With a timer for
 * each thread, a thread that started within the session has its CPU time counted from its start:
 * when it is found, the time that it used before is already due, and counts with its first sample.
 * Any other thread is counted from the moment when it is found. threads.c has how the two are told
 * apart.
 *
 * Functions whose names end in _sigsafe are called in the signal handler, and take no lock. The
 * other functions are never called there. Of these, functions whose names end in _locked are called
 * with the lock of thread_state.h held. All others take this lock, so the caller must not hold it.
 */
#ifndef SPPROF_THREADS_H
#define SPPROF_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ring.h"
#include "platform/platform.h"
#include "threads/slots.h"

/* Prepares the slots and the state of thread_state.h for a session. `ring` gets the names of
 * threads. Called with the gate closed. */
void spprof_threads_begin(const struct spprof_engine *engine, struct spprof_ring *ring,
                          uint64_t interval_ns);
/* Ends the use of slots by a session: counts the expiries that were due but never signalled, and
 * releases all slots except those of excluded threads. Called with no handler in flight. */
void spprof_threads_end(void);

/* Returns the slot of thread `id`, and makes one if the thread has none. Returns NULL if this is
 * not possible. */
struct spprof_slot *spprof_threads_slot_for_locked(uint64_t id);
/* Returns the slot of a Java thread that starts, and makes one if necessary. For thread_hooks.c.
 * Returns NULL for an excluded thread, if there is no free slot, and while the gate is closed. */
struct spprof_slot *spprof_threads_meet_locked(uint64_t id);
/* Writes the system's name of the thread into the ring. Any thread may call the function, because
 * it is no cancellation point. */
void spprof_threads_name_by_system_locked(struct spprof_slot *slot);

/*
 * Excludes the calling thread from sampling, or includes it again. An excluded thread is one of the
 * profiler's own, and has no timer. Has no effect on sessions with a process's timer, which cannot
 * exclude a thread.
 */
void spprof_threads_exclude(bool excluded);

/* Sets the interval, in ns, while a session samples; greater than 0 (schedule.h). Returns 0, or
 * -EEXIST if another library now uses the process's timer. */
int spprof_threads_set_interval(uint64_t interval_ns);

/* Makes the next name looks (thread_name.h) write the names of all sampled threads again. */
void spprof_threads_forget_names(void);

/*
 * Asks the system about every thread whether it blocks the signal (blocked.h). Used when the thread
 * that starts the session blocks the signal, because other threads then probably do, too.
 */
void spprof_threads_ask_all_for_blocking(void);
/* Calls spprof_blocked_describe with the lock held. */
bool spprof_threads_blocking(char *text, size_t size);

/*
 * Returns the slot that a signal of the engine is for, or NULL if there is none. If there is none,
 * `stale` shows why. It is true if the signal is of a session that is over, and false if none of
 * the profiler's timers sent the signal. A stale signal can occur because a thread can be preempted
 * for long between the delivery of the signal and the first instruction of the handler.
 */
struct spprof_slot *spprof_threads_slot_sigsafe(const struct spprof_engine *engine,
                                                const struct spprof_signal *signal, bool *stale);

#endif
