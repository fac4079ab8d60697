/*
 * The table of threads. A slot is the entry of one thread: its timer, its JNIEnv, and its accounts
 * of CPU time.
 *
 * The slots are in one block of memory that is never unmapped; the library's code is never unmapped
 * either (jni.c). A signal that comes late, or a JVM event that still runs when the library is
 * unloaded, therefore finds a valid and inactive slot. A slot is given to another thread only when
 * the slot's own thread is gone, or between two sessions.
 *
 * A slot is allocated to a thread, and published, from when on the handler finds it. It is released
 * when the handler shall not find it any more, and freed when another thread may have it. All four
 * are done with the lock of thread_state.h held, never in a signal handler. Functions whose names
 * end in _sigsafe are also called from the handler, without the lock, possibly while another thread
 * holds it and changes the slot.
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
    SPPROF_SLOT_LIVE,      /* the thread is sampled, or will be: `timer.valid` shows which */
    SPPROF_SLOT_ENDED,     /* left the JVM; the system's thread may live on for any time */
    SPPROF_SLOT_EXCLUDED,  /* one of the profiler's own threads, which have no timer */
    SPPROF_SLOT_UNDELETED, /* has no thread any more, but its timer could not be deleted yet */
    SPPROF_SLOT_WATCHED,   /* has no timer; is only checked for blocking the signal (blocked.h) */
};

/* Added to the address of a JNIEnv while its thread runs the profiler's code in ThreadStart
 * (thread_hooks.h). The handler does not walk the stack of such a thread. */
#define SPPROF_ENV_IN_HOOK 1

struct spprof_slot {
    /* These fields are read by the thread's handler. They are written under the lock before the
     * timer is armed, or by the slot's own thread, or in an adoption (adoption.h). */
    _Atomic(void *) env;     /* JNIEnv; NULL unless a Java thread; see SPPROF_ENV_IN_HOOK */
    _Atomic uint32_t serial; /* the thread's number within the session */
    /* Identifies the life of the Java thread, so that a name is not given to a later thread with
     * the same JNIEnv. Grows whenever the JVM's thread begins or ends. Odd from a reported start
     * (thread_hooks.h), or from an adoption, to the end. */
    _Atomic uint32_t life;
    _Atomic bool exiting; /* set in ThreadEnd or at the exit, until the timer is deleted or kept */
    _Atomic bool left;    /* ThreadEnd is over, and no signal has come since. The next signal stands
                             for CPU time on the way out of the JVM */
    _Atomic bool resting; /* the timer is disarmed for a time: spprof_threads_rest */
    /*
     * The schedule of the thread's own timer (schedule.h). paid_ns is the reading of the thread's
     * CPU clock up to which signals have accounted for its CPU time. interval_ns is the CPU time
     * that each expiry stands for. phase is the point in an interval at which the timer
     * expires, in units of 2^-32 intervals.
     */
    _Atomic uint64_t paid_ns;
    _Atomic uint64_t interval_ns;
    _Atomic uint32_t phase;
    _Atomic uint64_t forgone; /* expiries counted before their signal came: schedule.c */
    _Atomic uint64_t id;      /* the engine's number of the thread; 0 if the slot is free */
    _Atomic uint32_t next;    /* next slot in the chain of the id's hash: index + 1; 0 at the end */

    /* These fields are accessed under the lock only. */
    _Atomic(enum spprof_slot_state) state; /* the slot's thread also reads it without: kept_slot */
    struct spprof_timer timer;             /* `valid` until the system has deleted the timer */
    bool sampled;                          /* the timer is armed, and counted in threads_sampled */
    bool failed;                           /* the thread could not get a timer */
    bool waits;          /* gets its timer after the check whether it is a Java thread */
    bool searched;       /* was found by a search (sweep.h), as a native thread */
    bool wait_settled;   /* no look counts its wait for a CPU any more (kernel_times.h) */
    uint64_t spent_ns;   /* CPU time of work in ThreadEnd that only some threads do; the exit
                            subtracts it (thread_hooks.c) */
    uint64_t stopped_ns; /* thread's CPU clock when the timer was deleted; 0 if it never had one */
    uint64_t from_ns;    /* thread's CPU clock from which on the thread is sampled (unseen.h) */
    uint64_t seen_ns;    /* thread's CPU clock at the last spprof_unseen_look with a timer, or 0 */
    /* For a watched thread: stopped_ns is its clock at the last check of blocked.h, from_ns at the
     * first check, and seen_ns when the system was last asked about the thread. */
    bool blocked; /* was found to block the signal, when paid_ns was blocked_paid_ns (blocked.h) */
    uint64_t blocked_paid_ns;
    char blocked_name[SPPROF_BLOCKED_NAME];
    uint8_t suspicions; /* answers in a row that a watched thread blocks the signal; 0 once it
                           counts as blocking it */
    uint32_t sweep;     /* number of the last listing that contained the thread */
    uint32_t name_hash; /* hash of the name and number published last; 0 if none */

    /* Used by java_names.c only: weak references to a java.lang.Thread and to its name, with the
     * `serial` and `life` of the thread that they belong to. NULL if there are none. */
    void *thread_ref;
    void *name_ref;
    uint32_t ref_serial;
    uint32_t ref_life;
};

/*
 * The mark of a slot: whether its thread was sampled since the thread's name was last read. A mark
 * is one byte. The marks are stored apart from the slots, so that thousands of marks can be checked
 * in a microsecond.
 */
enum spprof_mark {
    SPPROF_MARK_NONE,
    SPPROF_MARK_SAMPLED, /* set by the handler */
    SPPROF_MARK_READING, /* the name is being read for the earlier samples; see thread_name.h */
};

/* Maps the block of slots, all of them free. Does nothing if the block is already mapped. Returns 0
 * or -ENOMEM. */
int spprof_slots_map(void);
/*
 * Takes a free slot for thread `id`. Returns NULL if there is none. No handler finds the slot
 * before it is published. The caller must therefore first fill in all fields that a handler reads.
 */
struct spprof_slot *spprof_slots_allocate(uint64_t id);
void spprof_slots_publish(struct spprof_slot *slot);
/* Releases a slot that was published. No other thread gets the slot while its timer is valid. */
void spprof_slots_release(struct spprof_slot *slot);
/* Frees a slot in the state SPPROF_SLOT_UNDELETED whose timer is no longer valid. */
void spprof_slots_free(struct spprof_slot *slot);

/* Returns a bound for indexes: every slot that was ever in use has a lower index. */
uint32_t spprof_slots_used(void);
struct spprof_slot *spprof_slots_get(uint32_t index);

/* Returns the address of a slot's mark, which is one of SPPROF_MARK_*. */
_Atomic uint8_t *spprof_slots_mark_sigsafe(const struct spprof_slot *slot);

/* Returns the slot of thread `id`, or NULL. A handler may pass only the id of its own thread;
 * slots.c gives the reason. */
struct spprof_slot *spprof_slots_find_sigsafe(uint64_t id);

/*
 * A ticket is the value that a timer's signals carry in one session. It consists of the session's
 * number, counted from 1, and the slot's index. A signal of an earlier session therefore never
 * leads to a slot of this session. The first function makes a ticket. The second returns the slot
 * of a ticket, or NULL if the ticket is not of `session`.
 */
void *spprof_slots_ticket(const struct spprof_slot *slot, uint64_t session);
struct spprof_slot *spprof_slots_of_ticket_sigsafe(void *ticket, uint64_t session);

/* Returns `value` as a slot if it is the address of a slot, otherwise NULL. */
struct spprof_slot *spprof_slots_at_sigsafe(void *value);

#endif
