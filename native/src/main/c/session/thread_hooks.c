#include "session/thread_hooks.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/gate.h"
#include "base/lock.h"
#include "session/exit_key.h"
#include "session/handler.h"
#include "threads/kernel_times.h"
#include "threads/schedule.h"
#include "threads/thread_name.h"
#include "threads/thread_state.h"
#include "threads/thread_timers.h"
#include "threads/threads.h"

/* With late timers, the timer of a thread is kept once the thread has attached to the JVM this many
 * times. The thread will most likely attach again. */
#define MANY_TIMES 8

/* The CPU time, in ns, that a thread may use between ThreadEnd and its exit. */
#define NEAR_NS 50000

/*
 * The key of a thread-specific value: the ticket of the thread's slot (slots.h) if the thread kept
 * its timer at its last ThreadEnd, because it may live on as a native thread. Otherwise the value
 * is NULL, or a ticket whose slot is no longer this thread's and live; such a ticket is ignored.
 * Only hooks set the value.
 */
static pthread_key_t kept_key;
static bool has_keys; /* this key and the one of exit_key.h */
static pthread_once_t keys_once = PTHREAD_ONCE_INIT;

/* Whether new threads wait for a sweep to get a timer. Relaxed: a thread that does not see a change
 * yet behaves as before the change. */
static _Atomic bool late;

static void thread_exits(void *ticket);

static void make_keys(void) {
    /* If the keys cannot be made, no exit hook runs, and no timer is kept after ThreadEnd. */
    has_keys = pthread_key_create(&kept_key, NULL) == 0 && spprof_exit_key_make(thread_exits) == 0;
}

void spprof_thread_hooks_load(void) {
    pthread_once(&keys_once, make_keys);
}

void spprof_thread_starts(enum spprof_thread_starts starts) {
    /* UNHEARD also means late, because an event may still run when ThreadStart is switched off. */
    atomic_store_explicit(&late, starts != SPPROF_STARTS_TIMED, memory_order_relaxed);
    spprof_exit_key_set_by_handlers(starts == SPPROF_STARTS_TIMED);
}

/* Counts a hook. Returns the thread's CPU clock if this hook is to be measured, otherwise 0. */
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
    return engine == NULL ? 0 : engine->thread_id_sigsafe(); /* 0 is the number of no thread */
}

/* Returns how many lives as a Java thread the slot's thread has ended. */
static uint32_t lives(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->life, memory_order_relaxed) / 2;
}

static void begin_life(struct spprof_slot *slot) {
    uint32_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&slot->life, &life, (life + 1) | 1)) {
    }
}

/* Ends a life of the slot's thread as a Java thread, even if its start was not reported. Must be
 * called before the JNIEnv is cleared; adoption.c gives the reason. */
static void end_life(struct spprof_slot *slot) {
    uint32_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&slot->life, &life, (life | 1) + 1)) {
    }
}

static bool is_marked(const struct spprof_slot *slot) {
    return atomic_load_explicit(spprof_slots_mark_sigsafe(slot), memory_order_relaxed) !=
           SPPROF_MARK_NONE;
}

/* Returns the slot of a ticket. Returns NULL if the ticket is not of the present session, or if the
 * slot is not live. Called with the lock held, or between entering and leaving the open gate. */
static struct spprof_slot *living_slot(void *ticket) {
    struct spprof_slot *slot = spprof_threads_slot_of(ticket);
    return slot != NULL && slot->state == SPPROF_SLOT_LIVE ? slot : NULL;
}

/*
 * Returns the calling thread's slot if the thread has kept its timer, otherwise NULL. Called with
 * the lock held, or between entering and leaving the open gate. No session can therefore end
 * meanwhile. Until a session ends, a slot belongs to its thread as long as the thread lives. While
 * the state of a slot is LIVE, only its own thread changes the state.
 */
static struct spprof_slot *kept_slot(void) {
    void *ticket = has_keys ? pthread_getspecific(kept_key) : NULL;
    return ticket == NULL ? NULL : living_slot(ticket);
}

/*
 * Writes a name into the ring, as the name of the slot's samples so far. Called with the lock held.
 */
static void name_samples(struct spprof_slot *slot, const struct spprof_thread_name *name) {
    struct spprof_ring *ring = spprof_threads_ring_locked();
    if (ring != NULL && spprof_thread_name_publish(ring, slot, name->text, name->java_id)) {
        atomic_store_explicit(spprof_slots_mark_sigsafe(slot), SPPROF_MARK_NONE,
                              memory_order_relaxed);
    }
}

/* The short ThreadStart, for a thread that has kept its timer. Returns false if the thread needs
 * the whole hook. */
static bool came_back(void *env) {
    bool back = false;
    if (spprof_gate_enter_sigsafe()) {
        struct spprof_slot *slot = kept_slot();
        /* A marked thread was sampled outside of the JVM. spprof_thread_started names these
         * samples. */
        back = slot != NULL && !is_marked(slot);
        if (back) {
            begin_life(slot);
            atomic_store_explicit(&slot->left, false, memory_order_relaxed);
            /* This release pairs with the handler's acquire, and so does the release in set_env. */
            atomic_store_explicit(&slot->env, env, memory_order_release);
        }
    }
    spprof_gate_leave_sigsafe();
    return back;
}

/*
 * Gives the slot the JNIEnv of its thread, so that from now on the handler walks the thread's
 * stack.
 *
 * A signal can interrupt a thread that holds the lock of thread_state.h in a hook. The handler must
 * then not walk the stack. Only a walk could make the handler hang, and a stop would then wait for
 * the lock too long. While the thread holds the lock, its slot therefore has no JNIEnv, or one with
 * SPPROF_ENV_IN_HOOK. For this reason, ThreadStart sets the JNIEnv last and ThreadEnd clears it
 * first. Both do this between entering and leaving the open gate. While the gate is closed for a
 * moment, they do it with the signal blocked.
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
    struct spprof_thread_name name;
    bool named = read != NULL && read(context, &name);
    void *ticket = NULL;
    if (has_keys) {
        pthread_setspecific(kept_key, NULL); /* it is a Java thread now */
    }
    spprof_threads_lock_open();
    struct spprof_slot *slot = spprof_threads_meet_locked(own_id());
    if (slot != NULL) {
        if (is_marked(slot)) { /* the samples so far are of a native thread */
            spprof_threads_name_by_system_locked(slot);
        }
        bool first = lives(slot) == 0;
        begin_life(slot);
        atomic_store_explicit(&slot->left, false, memory_order_relaxed);
        if (named) {
            name_samples(slot, &name);
        }
        /* Relaxed order is enough: this thread's timer is armed later, by a system call. */
        atomic_store_explicit(&slot->env, (char *)env + SPPROF_ENV_IN_HOOK, memory_order_relaxed);
        /* With late timers, sweeps find new threads. They may miss for some time a thread that
         * comes back to the JVM, so such a thread gets its timer here. */
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

/* The short ThreadEnd, for a thread that has kept its timer. Returns false if the thread needs the
 * whole hook. */
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
    struct spprof_thread_name name;
    if (marked && read(context, &name)) {
        spprof_threads_lock_open();
        if (kept_slot() == slot) {
            name_samples(slot, &name);
        }
        spprof_threads_unlock_open();
    }
    return slot != NULL;
}

static bool drop_env_of(uint64_t id) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot != NULL) { /* the order of the stores matters: see adoption.c */
        atomic_store(&slot->exiting, true);
        atomic_store(&slot->env, NULL);
    }
    return slot != NULL;
}

/*
 * Clears the JNIEnv in the thread's slot. From here on nobody may use the JNIEnv, because the JVM
 * destroys the Java thread. Returns false if the thread has no slot. A sweep can make a slot later,
 * but this slot gets no JNIEnv (java_threads.c).
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

/* Returns whether CPU time of the thread may be due when the thread exits. */
static bool is_near(const struct spprof_slot *slot, uint64_t cpu_ns) {
    return !slot->failed && spprof_schedule_due(slot, cpu_ns + NEAR_NS) > 0;
}

/*
 * Settles the CPU time that is due at the end of a thread: writes one sample for it, without a
 * signal. The kernel checks CPU timers at its tick, so up to a tick of the thread's CPU time may be
 * due and not signalled. This is a large part of the life of a thread that lives for a few
 * milliseconds. If the thread waited for a late timer, all its CPU time may be due.
 *
 * Nothing is settled in four cases:
 * - The signal is blocked. It may be pending. It is counted when it comes, or when the thread is
 *   gone (blocked.h).
 * - The system refused the timer. The CPU time then counts as unseen.
 * - The timer cannot be disarmed, so its signal may still come for the same CPU time. If no signal
 *   comes, this CPU time is counted as due and not signalled when the thread is gone.
 * - The gate is closed.
 *
 * `cpu_ns` determines what is due. It must be a reading of the thread's clock from before any work
 * that depends on how near the next expiry is. A later reading would be biased: threads near an
 * expiry do more work, would therefore have used a little more CPU time, and too many of them would
 * be due.
 *
 * Returns whether the timer was disarmed.
 */
static bool settle(const struct spprof_engine *engine, struct spprof_slot *slot, uint64_t cpu_ns) {
    bool armed = slot->timer.valid;
    if (!spprof_gate_is_open_sigsafe() || slot->failed || spprof_schedule_due(slot, cpu_ns) == 0 ||
        (armed && !lets_signal_in()) ||
        (armed && engine->timer_set_sigsafe(&slot->timer, 0, 0) != 0)) {
        return false;
    }
    /*
     * The due time is computed again, because the handler may have paid for a signal that came
     * before the timer was disarmed.
     */
    uint64_t due = spprof_schedule_due(slot, cpu_ns);
    due = due > 0 ? spprof_schedule_settle(slot, due) : 0;
    if (due > 0) {
        spprof_handler_settle(slot, due);
    }
    return armed;
}

/* Returns the live slot of a thread that ends, or NULL if the thread has none. */
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
        /* The CPU time that the thread uses until its exit may be due at its exit. The JVM has no
         * name of the thread at that time, so the name is read now. */
        more = is_near(slot, cpu);
    }
    more = slot != NULL && (more || is_marked(slot));
    if (more) {
        struct spprof_thread_name name;
        spprof_threads_unlock_open(); /* asking the JVM for the name can take long */
        bool named = read(context, &name);
        spprof_threads_lock_open();
        slot = leaving_slot(id);
        if (slot != NULL && named) {
            name_samples(slot, &name);
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
            spprof_exit_key_set(ticket);
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
 * The exit hook, which is the destructor of the key of exit_key.h. It runs on the thread that
 * exits, after all code of the thread except other destructors. It does nothing to a thread that is
 * still attached to the JVM, because native code may detach its threads in a destructor. ThreadEnd
 * then sets the key again, and the C library calls the destructors once more. If a later destructor
 * uses much CPU time, a search finds the thread again.
 */
static void thread_exits(void *ticket) {
    struct spprof_slot *slot = spprof_threads_slot_of(ticket);
    /* This check takes no lock, because in a forked child the lock may be held for ever. */
    if (slot == NULL || atomic_load_explicit(&slot->id, memory_order_relaxed) != own_id()) {
        return;
    }
    uint64_t from = begin_measure();
    /* Not NULL, because the ticket is of a session. */
    const struct spprof_engine *engine =
        atomic_load_explicit(&spprof_handler_session.engine, memory_order_relaxed);
    uint64_t cpu = clock_of(engine, slot);
    struct spprof_exit_times times = spprof_kernel_times_read_exit(engine, own_id(), cpu);
    spprof_threads_lock_open();
    slot = living_slot(ticket);
    if (slot != NULL && atomic_load_explicit(&slot->env, memory_order_relaxed) == NULL) {
        atomic_store(&slot->exiting, true); /* samples from here on appear under [thread end] */
        cpu -= slot->spent_ns;
        spprof_kernel_times_count_exit_locked(slot, &times);
        settle(engine, slot, cpu);
        /* For a Java thread, the JVM's name is kept if it was written. */
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
