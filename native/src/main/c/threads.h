/*
 * Thread slots: who is sampled, under which number, with which timer.
 *
 * A slot belongs to one thread and is the value that its timer's signal carries. Slots live in one
 * block that is never unmapped while the library is loaded, so that a late signal finds a valid,
 * inert slot; a slot is given to another thread only when its thread is gone, or between two
 * sessions.
 *
 * Threads come in three ways: those that exist when a session starts (the first sweep;
 * java_threads.c says which of them are Java threads), Java threads that start later (JVMTI
 * ThreadStart, on the thread itself), and other threads that start later (sweeps while the session
 * runs). A thread that was born within the session is sampled from the beginning of its CPU clock,
 * any other from the moment it was found. The first expiry is random within one interval, so that
 * threads which live for less than an interval are seen in proportion.
 *
 * Everything here takes one lock, except what ends in _sigsafe. No timer is made once the gate is
 * closed: that is asked under the lock, and the teardown closes the gate before it takes the lock
 * to disarm.
 */
#ifndef SPPROF_THREADS_H
#define SPPROF_THREADS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "platform/platform.h"
#include "ring.h"

#define SPPROF_MAX_THREADS 65536

enum spprof_slot_state {
    SPPROF_SLOT_FREE,
    SPPROF_SLOT_LIVE,  /* sampled, or to be: `timer.valid` tells */
    SPPROF_SLOT_ENDED, /* left the JVM; the system's thread may live on for a moment, or for long */
    SPPROF_SLOT_EXCLUDED, /* the profiler's own */
};

struct spprof_slot {
    /* Written under the lock before the timer is armed, or by the slot's own thread; read by its
     * handler. */
    _Atomic(void *) env;     /* JNIEnv, NULL unless a Java thread */
    _Atomic uint32_t serial; /* the thread's number within the session */
    _Atomic bool exiting;    /* between ThreadEnd and the deletion of the timer */
    _Atomic uint64_t
        expirations; /* seen by the handler; written by its own thread's handler only */

    /* Under the lock only. */
    enum spprof_slot_state state;
    pid_t tid;
    struct spprof_timer timer;
    bool failed;         /* could not get a timer */
    uint64_t first_ns;   /* thread CPU clock of the first expiry */
    uint64_t stopped_ns; /* thread CPU clock when the timer was deleted; 0 if it never had one */
    uint32_t sweep;      /* the last sweep that saw the thread */
    uint32_t name_hash;  /* of the name last published, 0 if none */
};

/* Maps the slots; once, when the library is loaded. 0 or -ENOMEM. */
int spprof_threads_init(void);

/* Begins and ends the use of slots by a session; `ring` is where names go. The gate is closed. */
void spprof_threads_begin(struct spprof_ring *ring, uint64_t interval_ns);
/* Counts the expirations that were due but never signalled, frees all slots. No handler is in
 * flight. */
void spprof_threads_end(void);

/* Held around java_threads.c's look at the JVM's threads. */
void spprof_threads_lock(void);
void spprof_threads_unlock(void);
/* With the lock: tells that `tid` is the Java thread of `env`, called `name`. */
void spprof_threads_adopt_locked(pid_t tid, void *env, const char *name);

/*
 * Looks at all threads of the process: gives timers to those without, takes them from those that
 * are gone. With `names`, looks for changed names of non-Java threads, too. Returns how many have a
 * timer, or -errno if there is none and the reason is known.
 */
int spprof_threads_sweep(bool names);

/* JVMTI's ThreadStart and ThreadEnd, on the thread itself. `name` may be NULL. */
void spprof_threads_started(void *env, const char *name);
void spprof_threads_ended(const char *name);

/* The calling thread is the profiler's own from now on, or no longer. */
void spprof_threads_exclude(bool excluded);

/* Step 3 of the teardown: deletes every timer. The gate is closed. */
void spprof_threads_disarm(void);

/* The slot that a signal of ours carries, or NULL. */
struct spprof_slot *spprof_threads_slot_sigsafe(void *value);

/* The error of the last timer that was refused, 0 or -errno. */
int spprof_threads_last_error(void);

#endif
