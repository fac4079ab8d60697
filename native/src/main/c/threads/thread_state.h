/*
 * What the files about threads share: their lock, the session's number and the variables below.
 *
 * Five files take part, and each calls only those before it: thread_state.c, thread_timers.c (the
 * timer of one thread), threads.c (which thread has which slot), sweep.c (finds threads that nobody
 * told us of), adoption.c (which threads are Java threads).
 *
 * The lock is held by ordinary threads only: by the collector's thread in a sweep or a search, by
 * the thread that starts or stops a session, and by a thread of the application in ThreadStart and
 * ThreadEnd. Functions whose names end in _locked are called with it, those in _sigsafe by the
 * handler, which takes no lock; all others take it themselves.
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

/* For the files named above only. Under the lock, all of it; spprof_threads_begin sets it anew. */
struct spprof_threads_state {
    const struct spprof_engine *engine; /* of the session, or of the last; not NULL */
    struct spprof_ring *ring;           /* where names go; NULL without a session */
    int last_error;                     /* failure.h; 0 if there was none in the session */
    uint32_t next_serial;               /* the serial number that was given last */
    uint64_t begun_ns;                  /* the process's CPU clock when the session began */
    uint64_t used_ns;                   /* of it since then, when it was last read */

    /* sweep.c */
    uint32_t sweep_number;  /* 0 until the first sweep of the session */
    uint64_t counted;       /* threads at the last listing, 0 if that is not known */
    uint32_t not_listed;    /* sweeps since then that made none */
    uint32_t ended;         /* threads that left the JVM since then, as thread_timers.c counts */
    uint64_t newest;        /* the last number given to a thread, at the last search */
    uint64_t newest_before; /* and at the one before */
    uint64_t searched_ns;   /* CPU time of threads that a search found, and that are gone */

    /* adoption.c */
    bool unheard;         /* starts of threads, at some time of the session */
    uint32_t unheard_new; /* sweeps since a new thread was found, then */
};

extern struct spprof_threads_state spprof_threads;

/* The lock, with the sampling signal blocked; see lock.h. */
void spprof_threads_lock(void);
void spprof_threads_unlock(void);
/* For thread_hooks.c, on the thread that starts or ends: the lock, without blocking the signal. */
void spprof_threads_lock_open(void);
void spprof_threads_unlock_open(void);

/* Keeps an error of the session's beginning, unless 0. */
void spprof_threads_note(int error);
/* The last failure (failure.h): of a timer that was refused, or one that was noted; else 0. */
int spprof_threads_last_error(void);

const struct spprof_engine *spprof_threads_engine_locked(void);
struct spprof_ring *spprof_threads_ring_locked(void); /* NULL without a session */

/* From here on, signals of earlier sessions are told as stale. As a session ends, and before
 * spprof_threads_begin. */
void spprof_threads_new_session(void);
/* The number of the session, from 1; 0 before the first. */
uint64_t spprof_threads_session_sigsafe(void);
/* A slot's ticket in this session (slots.h). */
void *spprof_threads_ticket_locked(const struct spprof_slot *slot);
/* Without the lock: the slot of a ticket of this session, else NULL. */
struct spprof_slot *spprof_threads_slot_of(void *ticket);

static inline uint64_t spprof_slot_id(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->id, memory_order_relaxed);
}

#endif
