/*
 * The table of threads. A slot is the entry of one thread: its timer, its JNIEnv, its accounts of
 * CPU time.
 *
 * Slots live in one block that is never unmapped, just as the library's code is not (jni.c). So a
 * late signal, or a JVM event that still runs when the library is unloaded, finds a valid and
 * inactive slot. A slot is given to another thread only when its own thread is gone, or between two
 * sessions.
 *
 * Slots are allocated, published, released and freed on ordinary threads, with the lock of
 * thread_state.h held. Functions in _sigsafe are also called from the handler, without the lock, at
 * the same time.
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
    SPPROF_SLOT_LIVE,      /* the thread is sampled, or will be: `timer.valid` says which */
    SPPROF_SLOT_ENDED,     /* left the JVM; the system's thread may live on for any time */
    SPPROF_SLOT_EXCLUDED,  /* one of the profiler's own threads, which have no timer */
    SPPROF_SLOT_UNDELETED, /* has no thread any more, but its timer could not be deleted yet */
    SPPROF_SLOT_WATCHED,   /* has no timer; is only checked for blocking the signal (blocked.h) */
};

/* Added to a JNIEnv's address while its thread runs a hook, that is, the profiler's code in
 * ThreadStart (thread_hooks.h). The handler does not walk the stack then. */
#define SPPROF_ENV_IN_HOOK 1

struct spprof_slot {
    /* Written under the lock before the timer is armed, or by the slot's own thread, or in an
     * adoption (adoption.h). Read by the thread's handler. */
    _Atomic(void *) env;     /* JNIEnv; NULL unless a Java thread; see SPPROF_ENV_IN_HOOK */
    _Atomic uint32_t serial; /* the thread's number within the session */
    /* Grows whenever the JVM's thread begins or ends. It identifies the life of the Java thread to
     * which a name that was read belongs. Odd from a start that was heard (thread_hooks.h), or an
     * adoption, to the end. */
    _Atomic uint32_t life;
    _Atomic bool exiting; /* set in ThreadEnd or at the exit, until the timer is deleted or kept */
    _Atomic bool left;    /* ThreadEnd is over, and no signal has come since. The next signal stands
                             for CPU time on the way out of the JVM */
    _Atomic bool resting; /* the timer is disarmed for a time: spprof_threads_rest */
    /*
     * The schedule of the thread's own timer (schedule.h). paid_ns: the reading of the thread's CPU
     * clock up to which signals have accounted for its CPU time. interval_ns: the CPU time that
     * each expiration stands for. phase: the point in an interval at which the timer expires, in
     * units of 2^-32 intervals.
     */
    _Atomic uint64_t paid_ns;
    _Atomic uint64_t interval_ns;
    _Atomic uint32_t phase;
    _Atomic uint64_t forgone; /* expirations counted before their signal came: schedule.c */
    _Atomic uint64_t id;      /* the engine's number of the thread; 0 if the slot is free */
    _Atomic uint32_t next;    /* next slot in the chain of the id's hash: index + 1; 0 at the end */

    /* Accessed under the lock only. */
    _Atomic(enum spprof_slot_state) state; /* the slot's thread also reads it without: kept_slot */
    struct spprof_timer timer;             /* `valid` until the system has deleted the timer */
    bool sampled;                          /* the timer is armed, and counted in threads_sampled */
    bool failed;                           /* the thread could not get a timer */
    bool waits;          /* gets its timer once it was checked for being a Java thread */
    bool searched;       /* was found by a search (sweep.h), as a native thread */
    uint64_t spent_ns;   /* CPU time of work in ThreadEnd that only some threads do; the exit
                            subtracts it (thread_hooks.c) */
    uint64_t stopped_ns; /* thread's CPU clock when the timer was deleted; 0 if it never had one */
    uint64_t from_ns;    /* thread's CPU clock from which on the thread is sampled (unseen.h) */
    uint64_t seen_ns;    /* thread's CPU clock at the last spprof_unseen_look with a timer, or 0 */
    /* For a watched thread, stopped_ns is its clock at the last check of blocked.h, from_ns at the
     * first check, and seen_ns when the system was last asked about it. */
    bool blocked; /* was found to block the signal, when paid_ns was blocked_paid_ns (blocked.h) */
    uint64_t blocked_paid_ns;
    char blocked_name[SPPROF_BLOCKED_NAME];
    bool suspect;       /* a watched thread that blocked the signal when it was last asked about */
    uint32_t sweep;     /* number of the last listing that contained the thread */
    uint32_t name_hash; /* hash of the name that was published last; 0 if none */

    /* Used by java_names.c only: weak references to a java.lang.Thread and to its name, with the
     * `serial` and `life` of the thread to which they belong. NULL if there are none. */
    void *thread_ref;
    void *name_ref;
    uint32_t ref_serial;
    uint32_t ref_life;
};

/*
 * The mark of a slot: whether its thread was sampled since the thread's name was last read. Each
 * mark is one byte. The marks are stored apart from the slots, so that thousands of marks can be
 * checked in a microsecond.
 */
enum spprof_mark {
    SPPROF_MARK_NONE,
    SPPROF_MARK_SAMPLED, /* set by the handler */
    SPPROF_MARK_READING, /* the name is being read for the earlier samples; see thread_name.h */
};

/* Maps the slots, all free, unless they are already mapped. Returns 0 or -ENOMEM. */
int spprof_slots_map(void);
/*
 * Takes a free slot for thread `id`. Returns NULL if there is none. No handler finds the slot until
 * it is published. So the caller first fills in all fields that a handler reads.
 */
struct spprof_slot *spprof_slots_allocate(uint64_t id);
void spprof_slots_publish(struct spprof_slot *slot);
/* Releases a slot that was published. While its timer is valid, no other thread gets the slot. */
void spprof_slots_release(struct spprof_slot *slot);
/* Frees a slot in the state SPPROF_SLOT_UNDELETED whose timer is not valid any more. */
void spprof_slots_free(struct spprof_slot *slot);

/* Returns a bound: only slots with an index from 0 to below it were ever in use. */
uint32_t spprof_slots_used(void);
struct spprof_slot *spprof_slots_get(uint32_t index);

/* Returns the address of a slot's mark, one of SPPROF_MARK_*. */
_Atomic uint8_t *spprof_slots_mark_sigsafe(const struct spprof_slot *slot);

/* Returns the slot of thread `id`, or NULL. A handler may only pass its own thread's id: slots.c.
 */
struct spprof_slot *spprof_slots_find_sigsafe(uint64_t id);

/*
 * A ticket is the value that a timer's signals carry in one session: the session's number, counted
 * from 1, and the slot's index. The first function makes a ticket. The second returns the slot of a
 * ticket, or NULL if the ticket is not of `session`.
 */
void *spprof_slots_ticket(const struct spprof_slot *slot, uint64_t session);
struct spprof_slot *spprof_slots_of_ticket_sigsafe(void *ticket, uint64_t session);

/* Returns `value` as a slot if it is the address of a slot, else NULL. */
struct spprof_slot *spprof_slots_at_sigsafe(void *value);

#endif
