#include "session/thread_hooks.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/gate.h"
#include "base/lock.h"
#include "session/handler.h"
#include "threads/schedule.h"
#include "threads/thread_name.h"
#include "threads/thread_state.h"
#include "threads/thread_timers.h"
#include "threads/threads.h"

/* With late timers, a thread that came so many times will most likely come again. */
#define MANY_TIMES 8

/* A thread may use so much between ThreadEnd and its exit. */
#define NEAR_NS 50000

/*
 * glibc keeps the values of so many keys in the thread's own block, and musl those of all keys:
 * setting one of these is two or three stores to memory of the thread, so a handler may, whatever
 * it interrupts. A walk through the destructors, which empties each value before its call and goes
 * through all of them four times at most, either finds the value or leaves it.
 */
#define KEYS_WITHOUT_MALLOC 32

/*
 * The ticket of the slot of a thread that has a timer and is no Java thread; NULL for all others. A
 * ticket of an earlier session means nothing. Set by hooks only.
 */
static pthread_key_t kept_key;
/*
 * The ticket of the thread's slot, for the destructor, which is how we hear that the thread exits.
 * Handlers set it, too. One that comes after the last destructor leaves it behind in memory that
 * glibc gives to a new thread, so it may be another thread's: only the destructor reads it, and
 * compares the thread's number first.
 */
static pthread_key_t exit_key;
static bool has_keys, exit_is_stored;
static pthread_once_t keys_once = PTHREAD_ONCE_INIT;

/* Whether new threads wait for a sweep. Relaxed: a thread that misses a change does as before. */
static _Atomic bool late;

static void thread_exits(void *ticket);

static void make_keys(void) {
    /* Without them no exit is heard, and no timer is kept. */
    has_keys = pthread_key_create(&exit_key, thread_exits) == 0 &&
               pthread_key_create(&kept_key, NULL) == 0;
    exit_is_stored = has_keys && exit_key < KEYS_WITHOUT_MALLOC;
}

void spprof_thread_hooks_load(void) {
    pthread_once(&keys_once, make_keys);
}

void spprof_thread_starts(enum spprof_thread_starts starts) {
    /* An event can be under way when it is switched off. */
    atomic_store_explicit(&late, starts != SPPROF_STARTS_TIMED, memory_order_relaxed);
}

/* 0 unless this hook is measured. */
static uint64_t begin_measure(void) {
    uint64_t count = spprof_count_sigsafe(&spprof_counters.hooks, 1);
    return count % SPPROF_TIMED_EVERY == 0 ? spprof_clock_ns_sigsafe(CLOCK_THREAD_CPUTIME_ID) : 0;
}

static void end_measure(uint64_t from) {
    if (from != 0) {
        spprof_count_sigsafe(&spprof_counters.timed_hook_ns,
                             spprof_clock_ns_sigsafe(CLOCK_THREAD_CPUTIME_ID) - from);
    }
}

static uint64_t own_id(void) {
    const struct spprof_engine *engine =
        atomic_load_explicit(&spprof_handler_session.engine, memory_order_relaxed);
    return engine == NULL ? 0 : engine->thread_id(); /* 0 is nobody's */
}

void spprof_thread_hear_exit_sigsafe(void *ticket) {
    if (exit_is_stored && !atomic_load_explicit(&late, memory_order_relaxed)) {
        pthread_setspecific(exit_key, ticket); /* see KEYS_WITHOUT_MALLOC */
    }
}

/* How many lives as a Java thread the slot's thread has ended. */
static uint32_t lives(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->life, memory_order_relaxed) / 2;
}

static void begin_life(struct spprof_slot *slot) {
    uint32_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&slot->life, &life, (life + 1) | 1)) {
    }
}

/* Its start need not have been heard. Before the JNIEnv goes: see adoption.c. */
static void end_life(struct spprof_slot *slot) {
    uint32_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&slot->life, &life, (life | 1) + 1)) {
    }
}

static bool is_marked(const struct spprof_slot *slot) {
    return atomic_load_explicit(spprof_slots_mark_sigsafe(slot), memory_order_relaxed) !=
           SPPROF_MARK_NONE;
}

/* With the lock, or behind the open gate: the slot of a ticket, if its session has not ended. */
static struct spprof_slot *living_slot(void *ticket) {
    struct spprof_slot *slot = spprof_threads_slot_of(ticket);
    return slot != NULL && slot->state == SPPROF_SLOT_LIVE ? slot : NULL;
}

/*
 * The calling thread's slot, if it keeps its timer. With the lock, or behind the open gate: no
 * session ends meanwhile, and until then a slot is its thread's for as long as that lives. Nobody
 * but the thread changes the state of its slot while that is LIVE.
 */
static struct spprof_slot *kept_slot(void) {
    void *ticket = has_keys ? pthread_getspecific(kept_key) : NULL;
    return ticket == NULL ? NULL : living_slot(ticket);
}

/* With the lock: the name of the samples up to here. */
static void name_samples(struct spprof_slot *slot, const char *name) {
    struct spprof_ring *ring = spprof_threads_ring_locked();
    if (ring != NULL && spprof_thread_name_publish(ring, slot, name)) {
        atomic_store_explicit(spprof_slots_mark_sigsafe(slot), SPPROF_MARK_NONE,
                              memory_order_relaxed);
    }
}

/* Of a thread that keeps its timer: nothing else is to be done. */
static bool came_back(void *env) {
    bool back = false;
    if (spprof_gate_enter_sigsafe()) {
        struct spprof_slot *slot = kept_slot();
        back = slot != NULL && !is_marked(slot); /* else it was sampled outside: see below */
        if (back) {
            begin_life(slot);
            atomic_store_explicit(&slot->left, false, memory_order_relaxed);
            /* Release, with the handler's acquire, here and below. */
            atomic_store_explicit(&slot->env, env, memory_order_release);
        }
    }
    spprof_gate_leave_sigsafe();
    return back;
}

/*
 * Whoever holds the lock in a hook can be interrupted by a signal. Its slot has no JNIEnv then, or
 * a marked one, so the handler does not walk, which is all that could make it hang: a stop does not
 * wait for the lock longer than it should. So the JNIEnv comes last, and goes first; behind the
 * open gate, or, where that is closed for a moment, with the signal blocked.
 */
static void set_env(void *ticket, void *env) {
    bool open = spprof_gate_enter_sigsafe();
    struct spprof_slot *slot = open ? spprof_threads_slot_of(ticket) : NULL;
    if (slot != NULL) {
        atomic_store_explicit(&slot->env, env, memory_order_release);
    }
    spprof_gate_leave_sigsafe();
    if (!open) {
        spprof_threads_lock();
        slot = living_slot(ticket);
        if (slot != NULL) {
            atomic_store_explicit(&slot->env, env, memory_order_release);
        }
        spprof_threads_unlock();
    }
}

void spprof_thread_started(void *env, spprof_name_reader read, void *context) {
    if (came_back(env)) {
        return;
    }
    uint64_t from = begin_measure();
    char name[SPPROF_NAME_ROOM];
    bool named = read != NULL && read(context, name);
    void *ticket = NULL;
    if (has_keys) {
        pthread_setspecific(kept_key, NULL); /* it is a Java thread now, and has no outside name */
    }
    spprof_threads_lock_open();
    struct spprof_slot *slot = spprof_threads_meet_locked(own_id());
    if (slot != NULL) {
        if (is_marked(slot)) { /* these samples are of a native thread */
            spprof_threads_name_by_system_locked(slot);
        }
        bool first = lives(slot) == 0;
        begin_life(slot);
        atomic_store_explicit(&slot->left, false, memory_order_relaxed);
        if (named) {
            name_samples(slot, name);
        }
        /* Relaxed: the timer, which is this thread's, is armed after, by a system call. */
        atomic_store_explicit(&slot->env, (char *)env + SPPROF_ENV_IN_HOOK, memory_order_relaxed);
        /* Sweeps find new threads; one that comes back may be overlooked for some time. */
        if (!first || !atomic_load_explicit(&late, memory_order_relaxed)) {
            spprof_threads_arm_locked(slot);
        }
        ticket = spprof_threads_ticket_locked(slot);
    }
    spprof_threads_unlock_open();
    if (ticket != NULL) {
        set_env(ticket, env);
    }
    end_measure(from);
}

static bool went_out(spprof_name_reader read, void *context) {
    struct spprof_slot *slot = NULL;
    bool marked = false;
    if (spprof_gate_enter_sigsafe()) {
        slot = kept_slot();
        if (slot != NULL) {
            end_life(slot);
            atomic_store_explicit(&slot->left, true, memory_order_relaxed);
            atomic_store(&slot->env, NULL);
            marked = is_marked(slot);
        }
    }
    spprof_gate_leave_sigsafe();
    char name[SPPROF_NAME_ROOM];
    if (marked && read(context, name)) {
        spprof_threads_lock_open();
        if (kept_slot() == slot) {
            name_samples(slot, name);
        }
        spprof_threads_unlock_open();
    }
    return slot != NULL;
}

static bool drop_env_of(uint64_t id) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot != NULL) { /* in this order: see adoption.c */
        atomic_store(&slot->exiting, true);
        atomic_store(&slot->env, NULL);
    }
    return slot != NULL;
}

/*
 * From here on the JNIEnv may not be used: the JVM takes the thread apart. False if the thread has
 * no slot. A sweep can make one at any later time, but gives it no JNIEnv (java_threads.c).
 */
static bool drop_env(uint64_t id) {
    bool open = spprof_gate_enter_sigsafe();
    bool known = open && drop_env_of(id);
    spprof_gate_leave_sigsafe();
    if (!open) {
        spprof_threads_lock();
        known = drop_env_of(id);
        spprof_threads_unlock();
    }
    return known;
}

static uint64_t clock_of(const struct spprof_engine *engine, const struct spprof_slot *slot) {
    uint64_t cpu = 0;
    engine->thread_cpu_ns(atomic_load_explicit(&slot->id, memory_order_relaxed), &cpu);
    return cpu;
}

static bool lets_signal_in(void) {
    sigset_t blocked;
    return pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0 &&
           sigismember(&blocked, SPPROF_SIGNAL) == 0;
}

/* May be due as the thread exits. */
static bool is_near(const struct spprof_slot *slot, uint64_t cpu_ns) {
    return !slot->failed && spprof_schedule_due(slot, cpu_ns + NEAR_NS) > 0;
}

/*
 * CPU timers are looked at when the kernel ticks, so that at this moment up to a tick of the
 * thread's CPU time may be due and not yet signalled: for a thread of a few milliseconds that is a
 * good part of its life. A timer that is still to be made owes all of it. Not where the signal is
 * blocked: it may be pending, and is accounted for when it comes, or when the thread has gone
 * (blocked.h); nor where the timer was refused, as that time counts as unseen; nor where it cannot
 * be disarmed, as its signal may still come for the same time. What none comes for is counted as
 * due when the thread has gone.
 *
 * What is due is told by `cpu_ns`, a reading of the thread's clock that was taken before anything
 * was done that depends on how near the expiry is: else those that are near would have used a
 * little more, and more of them would be due than used so much. Nothing once the gate is closed.
 * Whether the timer was disarmed.
 */
static bool settle(const struct spprof_engine *engine, struct spprof_slot *slot, uint64_t cpu_ns) {
    bool armed = slot->timer.valid;
    if (!spprof_gate_is_open_sigsafe() || slot->failed || spprof_schedule_due(slot, cpu_ns) == 0 ||
        (armed && !lets_signal_in()) ||
        (armed && engine->timer_set_sigsafe(&slot->timer, 0, 0) != 0)) {
        return false;
    }
    uint64_t due = spprof_schedule_due(slot, cpu_ns); /* its signal came before the call returned */
    due = due > 0 ? spprof_schedule_settle(slot, due) : 0;
    if (due > 0) {
        spprof_handler_settle(slot, due);
    }
    return armed;
}

/* The thread's slot at its end; NULL if it has none. */
static struct spprof_slot *leaving_slot(uint64_t id) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    return slot != NULL && slot->state == SPPROF_SLOT_LIVE ? slot : NULL;
}

void spprof_thread_ended(spprof_name_reader read, void *context) {
    if (went_out(read, context)) {
        return;
    }
    uint64_t from = begin_measure();
    uint64_t id = own_id();
    if (!drop_env(id)) {
        end_measure(from);
        return;
    }
    spprof_threads_lock_open();
    struct spprof_slot *slot = leaving_slot(id);
    const struct spprof_engine *engine = spprof_threads_engine_locked();
    uint64_t cpu = 0;
    bool disarmed = false, more = false;
    if (slot != NULL && engine->timer_a_thread) {
        cpu = clock_of(engine, slot);
        disarmed = settle(engine, slot, cpu);
        /* What it uses on its way out may be due as it exits, when the JVM has no name any more. */
        more = is_near(slot, cpu);
    }
    more = slot != NULL && (more || is_marked(slot));
    if (more) {
        char name[SPPROF_NAME_ROOM];
        spprof_threads_unlock_open(); /* the JVM is asked, which can take its time */
        bool named = read(context, name);
        spprof_threads_lock_open();
        slot = leaving_slot(id);
        if (slot != NULL && named) {
            name_samples(slot, name);
        }
    }
    if (slot != NULL) {
        end_life(slot);
        bool keeps =
            has_keys && engine->timer_a_thread &&
            (!atomic_load_explicit(&late, memory_order_relaxed) || lives(slot) >= MANY_TIMES);
        if (keeps) {
            void *ticket = spprof_threads_ticket_locked(slot);
            pthread_setspecific(kept_key, ticket);
            pthread_setspecific(exit_key, ticket);
            atomic_store_explicit(&slot->left, true, memory_order_relaxed);
            atomic_store_explicit(&slot->exiting, false, memory_order_relaxed);
            if (disarmed) {
                spprof_threads_go_on_locked(slot);
            }
            slot->spent_ns = more ? clock_of(engine, slot) - cpu : 0;
        } else {
            spprof_threads_retire_locked(slot, cpu);
        }
    }
    spprof_threads_unlock_open();
    end_measure(from);
}

/*
 * The destructor of exit_key: on the thread, after all code of its own but other destructors. One
 * that exits while it is attached is left alone, as native code detaches its threads in a
 * destructor: ThreadEnd then sets the key again, for which destructors are called once more. What a
 * later destructor uses is found by a search, if it takes long.
 */
static void thread_exits(void *ticket) {
    struct spprof_slot *slot = spprof_threads_slot_of(ticket);
    /* Without the lock, which may be held for ever in a child that was forked meanwhile. */
    if (slot == NULL || atomic_load_explicit(&slot->id, memory_order_relaxed) != own_id()) {
        return;
    }
    uint64_t from = begin_measure();
    spprof_threads_lock_open();
    slot = living_slot(ticket);
    if (slot != NULL && atomic_load_explicit(&slot->env, memory_order_relaxed) == NULL) {
        atomic_store(&slot->exiting, true); /* a signal from here on stands under [thread end] */
        const struct spprof_engine *engine = spprof_threads_engine_locked();
        uint64_t cpu = clock_of(engine, slot) - slot->spent_ns;
        settle(engine, slot, cpu);
        /* The JVM's name of a Java thread stays, if it was written. */
        if (is_marked(slot) && (lives(slot) == 0 || slot->name_hash == 0)) {
            spprof_threads_name_by_system_locked(slot);
        }
        atomic_store_explicit(spprof_slots_mark_sigsafe(slot), SPPROF_MARK_NONE,
                              memory_order_relaxed);
        spprof_threads_retire_locked(slot, cpu);
    }
    spprof_threads_unlock_open();
    end_measure(from);
}
