/*
 * The slots of threads, and which thread has which.
 *
 * Slots live in one block that is never unmapped, as the code is not (jni.c), so that a late
 * signal, or a JVM's event that is under way when the library is unloaded, finds a valid, inert
 * slot. A slot is given to another thread only when its own is gone, or between two sessions.
 *
 * Slots are allocated and released under the lock of thread_state.h. What ends in _sigsafe is also
 * called from the handler, beside all that.
 */
#ifndef SPPROF_SLOTS_H
#define SPPROF_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"

#define SPPROF_MAX_THREADS 65536
#define SPPROF_BLOCKED_NAME 32 /* bytes kept of the name of a thread that blocks the signal */

enum spprof_slot_state {
    SPPROF_SLOT_FREE,
    SPPROF_SLOT_LIVE,  /* sampled, or to be: `timer.valid` tells */
    SPPROF_SLOT_ENDED, /* left the JVM; the system's thread may live on for a moment, or for long */
    SPPROF_SLOT_EXCLUDED,  /* the profiler's own */
    SPPROF_SLOT_UNDELETED, /* no thread's any more, but its timer could not be deleted yet */
    SPPROF_SLOT_WATCHED,   /* has no timer: only asked whether it blocks the signal (blocked.c) */
};

/* Added to a JNIEnv's address while its thread is in a hook (thread_hooks.h): not to be walked. */
#define SPPROF_ENV_IN_HOOK 1

struct spprof_slot {
    /* Written under the lock before the timer is armed, or by the slot's own thread; read by its
     * handler. */
    _Atomic(void *) env;     /* JNIEnv, NULL unless a Java thread; see SPPROF_ENV_IN_HOOK */
    _Atomic uint32_t serial; /* the thread's number within the session */
    /* Grows whenever the JVM's thread begins or ends: which of them a name was read of. Odd from a
     * start that was heard, or an adoption, to the end. */
    _Atomic uint32_t life;
    _Atomic bool exiting; /* in ThreadEnd, or from there or the exit on to the timer's deletion */
    _Atomic bool left;    /* ThreadEnd is over, and no signal came since: the next is of that way */
    _Atomic bool resting; /* its timer is disarmed for a while: spprof_threads_rest */
    /*
     * Of the thread's own timer (schedule.h): the thread CPU clock up to which signals stand for
     * its time, the time that each expiration stands for, and where in an interval it expires, in
     * 2^-32 of one.
     */
    _Atomic uint64_t paid_ns;
    _Atomic uint64_t interval_ns;
    _Atomic uint32_t phase;
    _Atomic uint64_t forgone; /* expirations counted before their signal came: schedule.c */
    _Atomic uint64_t id;      /* the engine's number of the thread, 0 if free */
    _Atomic uint32_t next;    /* in the chain of its id: index + 1, 0 at the end */

    /* Under the lock only. */
    _Atomic(enum spprof_slot_state) state; /* its own thread also reads it without: kept_slot */
    struct spprof_timer timer;             /* `valid` until the system has deleted it */
    bool sampled;                          /* its timer is armed, and counted in threads_sampled */
    bool failed;                           /* could not get a timer */
    bool waits;          /* gets its timer after a look at whether it is a Java thread */
    bool searched;       /* found by a search, as a native thread */
    uint64_t spent_ns;   /* CPU time in ThreadEnd of what only some threads have to do: settle */
    uint64_t stopped_ns; /* thread CPU clock when the timer was deleted; 0 if it never had one */
    uint64_t from_ns;    /* thread CPU clock from which on it is sampled (unseen.h) */
    uint64_t seen_ns;    /* the same clock at the last look with a timer, 0 if there was none */
    /* Of a watched thread the three are its clock at the last look, at the first, and when it was
     * last asked. */
    bool blocked; /* found to block the signal, when paid_ns was this (blocked.h): */
    uint64_t blocked_paid_ns;
    char blocked_name[SPPROF_BLOCKED_NAME];
    bool suspect;       /* of a watched thread: blocked it when it was asked once */
    uint32_t sweep;     /* the last sweep that saw the thread */
    uint32_t name_hash; /* of the name last published, 0 if none */

    /* java_names.c's only: weak references to a java.lang.Thread and to its name, and the `serial`
     * and `life` that they are of. NULL if there are none. */
    void *thread_ref;
    void *name_ref;
    uint32_t ref_serial;
    uint32_t ref_life;
};

/*
 * Whether a thread was sampled since its name was last read. One byte a slot, apart from the slots,
 * so that thousands can be looked at in a microsecond.
 */
enum spprof_mark {
    SPPROF_MARK_NONE,
    SPPROF_MARK_SAMPLED, /* by the handler */
    SPPROF_MARK_READING, /* its name is being read for the samples before; see thread_name.h */
};

/* Maps the slots, all free, unless they are mapped. 0 or -ENOMEM. */
int spprof_slots_map(void);
/*
 * A free slot, now of thread `id`, or NULL if there is none. No handler finds it until it is
 * published: the caller fills in first what a handler reads.
 */
struct spprof_slot *spprof_slots_allocate(uint64_t id);
void spprof_slots_publish(struct spprof_slot *slot);
/* Of a slot that was published. While its timer is valid no other thread gets the slot. */
void spprof_slots_release(struct spprof_slot *slot);
/* Of a slot in the state SPPROF_SLOT_UNDELETED whose timer is not valid any more. */
void spprof_slots_free(struct spprof_slot *slot);

/* Slots from 0 to below this were in use at some time. */
uint32_t spprof_slots_used(void);
struct spprof_slot *spprof_slots_get(uint32_t index);

/* The mark of a slot: SPPROF_MARK_*. */
_Atomic uint8_t *spprof_slots_mark_sigsafe(const struct spprof_slot *slot);

/* The slot of thread `id`, or NULL. In a handler only for the thread's own id: see slots.c. */
struct spprof_slot *spprof_slots_find_sigsafe(uint64_t id);

/*
 * What a timer of one session's carries for a slot: the session's number, from 1, and the slot's.
 * The slot of a ticket of that session, or NULL.
 */
void *spprof_slots_ticket(const struct spprof_slot *slot, uint64_t session);
struct spprof_slot *spprof_slots_of_ticket_sigsafe(void *ticket, uint64_t session);

/* `value` if it is a slot's address, else NULL. */
struct spprof_slot *spprof_slots_at_sigsafe(void *value);

#endif
