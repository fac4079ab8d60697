/*
 * Who is sampled, under which number, with which timer: what becomes of the slots (slots.h).
 *
 * Threads come in three ways: those that exist when a session starts (the first sweep;
 * java_threads.c says which of them are Java threads), Java threads that start later (JVMTI
 * ThreadStart, on the thread itself), and other threads that start later (sweeps while the session
 * runs). Where the engine has one timer for the process and the system lists no threads, those that
 * the JVM does not know share one slot. With a timer a thread, a thread that was born within the
 * session is sampled from the beginning of its CPU clock, any other from the moment it was found.
 * schedule.h tells when its timer expires.
 *
 * Everything here takes one lock, except what ends in _sigsafe. No timer is made once the gate is
 * closed: that is asked under the lock, and the teardown closes the gate before it takes the lock
 * to disarm.
 */
#ifndef SPPROF_THREADS_H
#define SPPROF_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ring.h"
#include "platform/platform.h"
#include "threads/slots.h"

/* From here on, signals of earlier sessions are told as stale. As a session ends, and before
 * spprof_threads_begin. */
void spprof_threads_new_session(void);

/* Begins and ends the use of slots by a session; `ring` is where names go. The gate is closed. */
void spprof_threads_begin(const struct spprof_engine *engine, struct spprof_ring *ring,
                          uint64_t interval_ns);
/* Counts the expirations that were due but never signalled, frees all slots. No handler is in
 * flight. */
void spprof_threads_end(void);

/* Held around java_threads.c's look at the JVM's threads. */
void spprof_threads_lock(void);
void spprof_threads_unlock(void);
/* With the lock: tells that `id` is the Java thread of `env`. */
void spprof_threads_adopt_locked(uint64_t id, void *env);

/*
 * Whether starts of threads are unheard from now on (thread_hooks.h). False when a session begins.
 */
void spprof_threads_starts_unheard(bool unheard);
/* After a sweep (`swept`) or a search: whether there may be Java threads whose starts were unheard.
 * New ones have no timer until spprof_threads_adopted, which is called after the look at them. */
bool spprof_threads_worth_adopting(bool swept);
void spprof_threads_adopted(void);

/* A thread that a sweep found, without JNIEnv: what tells whether it is the same a moment later. */
struct spprof_found {
    uint32_t serial;
    uint32_t life;
};

/* With the lock: whether `id` is a thread without JNIEnv, for which a start was perhaps unheard. */
bool spprof_threads_found_locked(uint64_t id, struct spprof_found *found);
/* With the lock: tells that `id`, if it is the thread of `found` still and in the same life, is the
 * Java thread of `env`. */
void spprof_threads_adopt_found_locked(uint64_t id, const struct spprof_found *found, void *env);

/* Of so many sweeps in a row that find the number of threads unchanged, one looks at them. */
#define SPPROF_SWEEPS_A_LISTING 5

/*
 * Looks at all threads of the process: gives timers to those without, takes them from those that
 * are gone; counts the CPU time that nobody sees (unseen.h). Returns how many have a timer, or a
 * failure (failure.h) if there is none and the reason is known.
 */
int spprof_threads_sweep(void);

/*
 * Between two sweeps: looks for threads that the system made since the last search, or that left
 * the JVM and go on, and gives them timers. Costs some 20 us, however many threads there are.
 * Returns the CPU time of the native threads that searches of this session found and that are gone,
 * ns: what it was good for.
 */
uint64_t spprof_threads_search(void);

/*
 * Asks the system which threads block the signal, all of them. For a start in a thread that does.
 */
void spprof_threads_ask_all_for_blocking(void);
/* See spprof_blocked_describe. */
bool spprof_threads_blocking(char *text, size_t size);

/* While a session samples: the interval from now on, greater than 0. 0, or -EEXIST if the process's
 * timer is somebody else's now. See schedule.h. */
int spprof_threads_set_interval(uint64_t interval_ns);

/* The next looks (thread_name.h) write the names of all sampled threads again. */
void spprof_threads_forget_names(void);

/*
 * Of `share` threads one is sampled from now on, the others rest, their timers disarmed; who that
 * is `turn` says, which goes up by one to pass it on. A share of 1 ends that. On its turn a thread
 * is signalled at once for what it has used meanwhile, so no CPU time is lost; nor is what is left
 * when it, or the session, ends. New threads rest from the next call on. A thread whose timer the
 * system does not set loses it, and sweeps try to make another. No effect with a process's timer,
 * which meets whom it meets.
 */
void spprof_threads_rest(uint32_t share, uint32_t turn);

/* For thread_hooks.c, on the thread that starts or ends: the lock, without blocking the signal. */
void spprof_threads_lock_open(void);
void spprof_threads_unlock_open(void);
/* The rest with the lock. The slot of a Java thread that starts, made if need be; NULL if it is to
 * be left alone, or while the gate is closed. */
struct spprof_slot *spprof_threads_meet_locked(uint64_t id);
void spprof_threads_arm_locked(struct spprof_slot *slot);
/* Sets the timer anew, if the slot has one and does not rest: it goes on from what is paid. Where
 * the system refuses, the thread has no timer until a sweep makes one. */
void spprof_threads_go_on_locked(struct spprof_slot *slot);
/* Its JVM's thread has ended, when the thread's clock was `cpu_ns`: no timer, and the slot goes
 * when the system's thread has gone. */
void spprof_threads_retire_locked(struct spprof_slot *slot, uint64_t cpu_ns);
void spprof_threads_name_by_system_locked(struct spprof_slot *slot);
const struct spprof_engine *spprof_threads_engine_locked(void);
struct spprof_ring *spprof_threads_ring_locked(void); /* NULL without a session */
/* A slot's ticket in this session (slots.h). */
void *spprof_threads_ticket_locked(const struct spprof_slot *slot);
/* Without the lock: the slot of a ticket of this session, else NULL. */
struct spprof_slot *spprof_threads_slot_of(void *ticket);

/*
 * The calling thread is the profiler's own from now on, or no longer. No effect on sessions with a
 * process's timer, which cannot leave a thread out.
 */
void spprof_threads_exclude(bool excluded);

/* Step 3 of the teardown: deletes every timer. The gate is closed. 0, or -errno if the system did
 * not delete one, which may still send signals; may be called again. */
int spprof_threads_disarm(void);

/*
 * The slot that a signal of the engine's is for. NULL if there is none: with `stale` set it is of a
 * session that is over (a thread can be preempted for long between the signal's delivery and the
 * handler's first instruction), else it is none of ours.
 */
struct spprof_slot *spprof_threads_slot_sigsafe(const struct spprof_engine *engine,
                                                const struct spprof_signal *signal, bool *stale);

/* Keeps an error of the session's beginning, unless 0. */
void spprof_threads_note(int error);

/* The last failure (failure.h): of a timer that was refused, or one that was noted; else 0. */
int spprof_threads_last_error(void);

#endif
