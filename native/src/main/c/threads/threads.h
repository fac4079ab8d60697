/*
 * Who is sampled, and under which number: which thread has which slot (slots.h).
 *
 * Threads come in three ways: those that exist when a session starts (the first sweep;
 * java_threads.c says which of them are Java threads), Java threads that start later (JVMTI
 * ThreadStart, on the thread itself), and other threads that start later (sweeps while the session
 * runs). Where the engine has one timer for the process and the system lists no threads, those that
 * the JVM does not know share one slot. With a timer a thread, a thread that was born within the
 * session is sampled from the beginning of its CPU clock, any other from the moment it was found.
 *
 * All but what ends in _sigsafe is called by ordinary threads; see thread_state.h for the lock.
 */
#ifndef SPPROF_THREADS_H
#define SPPROF_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ring.h"
#include "platform/platform.h"
#include "threads/slots.h"

/* Begins and ends the use of slots by a session; `ring` is where names go. The gate is closed. */
void spprof_threads_begin(const struct spprof_engine *engine, struct spprof_ring *ring,
                          uint64_t interval_ns);
/* Counts the expirations that were due but never signalled, frees all slots. No handler is in
 * flight. */
void spprof_threads_end(void);

/* The thread's slot, made if need be; NULL if there is none. */
struct spprof_slot *spprof_threads_slot_for_locked(uint64_t id);
/* For thread_hooks.c: the slot of a Java thread that starts, made if need be; NULL if it is to be
 * left alone, or while the gate is closed. */
struct spprof_slot *spprof_threads_meet_locked(uint64_t id);
/* Writes the name that the system knows into the ring. On any thread: it is no cancellation point.
 */
void spprof_threads_name_by_system_locked(struct spprof_slot *slot);

/*
 * The calling thread is the profiler's own from now on, or no longer. No effect on sessions with a
 * process's timer, which cannot leave a thread out.
 */
void spprof_threads_exclude(bool excluded);

/* While a session samples: the interval from now on, greater than 0. 0, or -EEXIST if the process's
 * timer is somebody else's now. See schedule.h. */
int spprof_threads_set_interval(uint64_t interval_ns);

/* The next looks (thread_name.h) write the names of all sampled threads again. */
void spprof_threads_forget_names(void);

/*
 * Asks the system which threads block the signal, all of them. For a start in a thread that does.
 */
void spprof_threads_ask_all_for_blocking(void);
/* See spprof_blocked_describe. */
bool spprof_threads_blocking(char *text, size_t size);

/*
 * The slot that a signal of the engine's is for. NULL if there is none: with `stale` set it is of a
 * session that is over (a thread can be preempted for long between the signal's delivery and the
 * handler's first instruction), else it is none of ours.
 */
struct spprof_slot *spprof_threads_slot_sigsafe(const struct spprof_engine *engine,
                                                const struct spprof_signal *signal, bool *stale);

#endif
