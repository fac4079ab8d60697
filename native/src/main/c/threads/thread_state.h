/*
 * The state that the files about threads share: their lock, the number of the session, and the
 * variables below.
 *
 * Five files use this state. Each of them calls only those before it:
 * - thread_state.c
 * - thread_timers.c: the timer of one thread
 * - threads.c: which thread has which slot, that is, which entry of the table in slots.h
 * - sweep.c: finds threads that the JVM does not report
 * - adoption.c: which threads are Java threads
 *
 * The lock is never taken in a signal handler. It is held by the profiler's collector thread
 * (CollectorThread.java) in a sweep or in a search for new threads (sweep.h), and in a name look
 * (name_look.h); by a thread that starts or stops a session, or that reads the session's problems,
 * for instance that threads block the signal; and by a thread of the application in ThreadStart, in
 * ThreadEnd and at its exit.
 *
 * Functions whose names end in _locked are called with the lock held. Functions whose names end in
 * _sigsafe are called by the handler, which takes no lock. All others take the lock themselves,
 * unless their comment says otherwise.
 */
#ifndef SPPROF_THREAD_STATE_H
#define SPPROF_THREAD_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"
#include "base/ring.h"
#include "platform/platform.h"
#include "threads/slots.h"

/* Used only by the files named above, with the lock held. spprof_threads_begin prepares most fields
 * for a session. The first sweep makes a listing and sets the rest. */
struct spprof_threads_state {
    const struct spprof_engine *engine; /* of the present or the last session; never NULL */
    struct spprof_ring *ring;           /* gets the names; NULL without a session */
    int last_error;                     /* failure.h; 0 if there was none in the session */
    uint32_t next_serial;               /* the serial number that was given out last */
    uint64_t begun_ns;                  /* the process's CPU clock when the session began */
    uint64_t used_ns;                   /* CPU time since then, at the last reading of that clock */

    /* These fields are for sweep.c. */
    uint32_t sweep_number;  /* listings of the session so far; 0 until its first sweep */
    uint64_t counted;       /* number of threads at the last listing; 0 if not known */
    uint32_t not_listed;    /* sweeps since the last listing */
    uint32_t ended;         /* threads that left the JVM since then; thread_timers.c counts them */
    uint64_t newest;        /* the thread number given out last, at the last search */
    uint64_t newest_before; /* the same, at the search before the last */
    uint64_t searched_ns;   /* CPU time of threads that a search found, and that are gone */

    /* These fields are for adoption.c. */
    bool unheard;         /* starts of threads were unheard at some time of the session */
    uint32_t unheard_new; /* sweeps since a new thread was found that can be adopted */
};

extern struct spprof_threads_state spprof_threads;

/* Take and release the lock. The sampling signal is blocked in between; lock.h gives the reason. */
void spprof_threads_lock(void);
void spprof_threads_unlock(void);
/* Take and release the lock without blocking the signal. For thread_hooks.c only, on the thread
 * that starts, ends or exits. */
void spprof_threads_lock_open(void);
void spprof_threads_unlock_open(void);

/* Records a failure (failure.h) of a session's start as the last failure. Does nothing if `error`
 * is 0. */
void spprof_threads_note(int error);
/* Returns the last failure (failure.h) of the session: a failure about threads and their timers, or
 * one that spprof_threads_note recorded. Returns 0 if there was none. */
int spprof_threads_last_error(void);

const struct spprof_engine *spprof_threads_engine_locked(void);
struct spprof_ring *spprof_threads_ring_locked(void); /* NULL without a session */

/* Begins a new session number. From then on, signals of earlier sessions are recognized as stale.
 * Called when a session ends, and before spprof_threads_begin. Takes no lock. */
void spprof_threads_new_session(void);
/* Returns the number of the session. It grows at each start and each end; it is 0 before the first
 * start. */
uint64_t spprof_threads_session_sigsafe(void);
/* Returns a slot's ticket in this session: the value that its timer's signals carry (slots.h). */
void *spprof_threads_ticket_locked(const struct spprof_slot *slot);
/* Returns the slot of a ticket of this session; NULL for other tickets. Takes no lock. */
struct spprof_slot *spprof_threads_slot_of(void *ticket);

static inline uint64_t spprof_slot_id(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->id, memory_order_relaxed);
}

#endif
