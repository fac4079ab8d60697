#include "threads/threads.h"

#include <pthread.h>

#include "base/counters.h"
#include "base/failure.h"
#include "base/gate.h"
#include "threads/blocked.h"
#include "threads/kernel_times.h"
#include "threads/schedule.h"
#include "threads/thread_name.h"
#include "threads/thread_state.h"
#include "threads/thread_timers.h"
#include "threads/unseen.h"

/* The slot for all threads that a process's timer signals and that the JVM does not report. */
#define OTHERS_ID UINT64_MAX
#define OTHERS_NAME "native threads"

/* The slot with OTHERS_ID. Set under the lock before the first timer is armed; read by handlers. */
static _Atomic(struct spprof_slot *) others;

static uint64_t process_cpu_ns(void) {
    uint64_t now = 0;
    spprof_threads.engine->process_cpu_ns(&now);
    return now;
}

struct spprof_slot *spprof_threads_slot_sigsafe(const struct spprof_engine *from,
                                                const struct spprof_signal *signal, bool *stale) {
    if (from->timer_a_thread) {
        uint64_t now = spprof_threads_session_sigsafe();
        uint64_t then = (uintptr_t)signal->value / SPPROF_MAX_THREADS;
        *stale = then > 0 && then < now;
        return spprof_slots_of_ticket_sigsafe(signal->value, now);
    }
    /* The value that a thread stored can be of an earlier session, and the slot can be another
     * thread's now. The slot's id is therefore compared. */
    struct spprof_slot *slot = spprof_slots_at_sigsafe(signal->value);
    uint64_t id = from->thread_id_sigsafe();
    if (slot == NULL || atomic_load_explicit(&slot->id, memory_order_relaxed) != id) {
        slot = spprof_slots_find_sigsafe(id);
    }
    slot = slot != NULL ? slot : atomic_load_explicit(&others, memory_order_acquire);
    *stale = slot == NULL; /* only between two sessions, when there is no shared slot */
    return slot;
}

/*
 * Returns whether the process has used at least `cpu_ns` since the session began. Reading the
 * process's clock is expensive, because the kernel adds up the clocks of all threads. The function
 * therefore first compares `cpu_ns` with the last reading. This mostly suffices, because a new
 * thread has used little.
 */
static bool has_used(uint64_t cpu_ns) {
    if (cpu_ns > spprof_threads.used_ns) {
        spprof_threads.used_ns = process_cpu_ns() - spprof_threads.begun_ns;
    }
    return cpu_ns <= spprof_threads.used_ns;
}

/*
 * Initializes the slot of a thread that was found now. A thread that started within the session is
 * sampled from the beginning of its clock; any other thread is sampled from now on. A thread that a
 * later sweep finds first need not be new, because a listing can miss a living thread. The function
 * distinguishes the two by CPU time: a thread that started within the session cannot have used more
 * CPU time than the process has since the session began.
 */
static void begin_slot(struct spprof_slot *slot) {
    uint64_t cpu = 0;
    spprof_threads.engine->thread_cpu_ns(spprof_slot_id(slot), &cpu);
    uint64_t from = spprof_threads.sweep_number == 0 || !has_used(cpu) ? cpu : 0;
    atomic_store_explicit(&slot->env, NULL, memory_order_relaxed);
    atomic_store_explicit(&slot->serial, ++spprof_threads.next_serial, memory_order_relaxed);
    atomic_store_explicit(&slot->life, 0, memory_order_relaxed);
    atomic_store_explicit(spprof_slots_mark_sigsafe(slot), SPPROF_MARK_NONE, memory_order_relaxed);
    atomic_store_explicit(&slot->exiting, false, memory_order_relaxed);
    atomic_store_explicit(&slot->left, false, memory_order_relaxed);
    atomic_store_explicit(&slot->resting, false, memory_order_relaxed);
    spprof_thread_begin_clock_locked(slot, from);
    slot->state = SPPROF_SLOT_LIVE;
    slot->timer.valid = false;
    slot->sampled = false;
    slot->failed = false;
    slot->waits = false;
    slot->searched = false;
    slot->wait_settled = false;
    slot->spent_ns = 0;
    slot->stopped_ns = 0;
    slot->sweep = spprof_threads.sweep_number;
    slot->name_hash = 0;
    slot->blocked = false;
    spprof_unseen_enter(slot, from);
}

static void publish_name(struct spprof_slot *slot, const char *name) {
    if (name != NULL && spprof_threads.ring != NULL) {
        spprof_thread_name_publish(spprof_threads.ring, slot, name, 0);
    }
}

static void publish_system_name(struct spprof_slot *slot) {
    char name[SPPROF_MAX_NAME];
    if (spprof_threads.engine->thread_name(spprof_slot_id(slot), name, sizeof name) == 0) {
        publish_name(slot, name);
    }
}

/* Makes the shared slot, because a process's timer also signals threads that neither the system nor
 * the JVM has reported. */
static void begin_others(void) {
    struct spprof_slot *slot = spprof_slots_allocate(OTHERS_ID);
    if (slot != NULL) { /* always, because only slots of excluded threads are in use */
        begin_slot(slot);
        spprof_slots_publish(slot);
        publish_name(slot, OTHERS_NAME);
        atomic_store_explicit(&others, slot, memory_order_release);
    }
}

void spprof_threads_begin(const struct spprof_engine *with, struct spprof_ring *names,
                          uint64_t interval_ns) {
    spprof_threads_lock();
    spprof_threads.engine = with;
    spprof_threads.ring = names;
    spprof_schedule_want(interval_ns, true);
    spprof_threads.next_serial = 0;
    spprof_threads.sweep_number = 0;
    spprof_threads.begun_ns = process_cpu_ns();
    spprof_threads.used_ns = 0;
    spprof_threads.last_error = 0;
    spprof_threads.unheard = false;
    spprof_threads.newest = spprof_threads.newest_before = 0;
    spprof_threads.searched_ns = 0;
    spprof_unseen_begin(spprof_threads.engine);
    spprof_blocked_begin(spprof_threads.engine);
    spprof_kernel_times_begin_locked(spprof_threads.engine);
    atomic_store_explicit(&spprof_counters.threads_sampled, 0, memory_order_relaxed);
    atomic_store_explicit(&spprof_counters.threads_failed, 0, memory_order_relaxed);
    if (!spprof_threads.engine->timer_a_thread) {
        begin_others();
    }
    spprof_threads_unlock();
}

void spprof_threads_end(void) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        if (slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_ENDED) {
            spprof_thread_count_unsignalled_locked(slot);
            spprof_thread_release_locked(slot);
        }
    }
    spprof_blocked_end();
    spprof_kernel_times_end_locked();
    atomic_store_explicit(&others, NULL, memory_order_relaxed);
    spprof_threads.ring = NULL;
    spprof_threads_unlock();
}

static struct spprof_slot *new_slot(uint64_t id) {
    struct spprof_slot *slot = spprof_slots_allocate(id);
    if (slot != NULL) {
        begin_slot(slot);
        spprof_slots_publish(slot);
    }
    return slot;
}

/* Gives the slot to the new thread, after the slot's thread is gone and the system gave its number
 * to another thread. Returns the new thread's slot, or NULL if there is none. */
static struct spprof_slot *replace_thread(struct spprof_slot *slot) {
    spprof_thread_gone_locked(slot);
    if (spprof_thread_disarm_locked(slot) == 0) {
        begin_slot(slot);
        return slot;
    }
    uint64_t id = spprof_slot_id(slot);
    spprof_thread_release_locked(slot);
    return new_slot(id);
}

/*
 * A slot of a thread that ended still belongs to thread `id` if the clock of `id` has continued
 * from the stored reading. Otherwise the system gave the number to a new thread.
 */
struct spprof_slot *spprof_threads_slot_for_locked(uint64_t id) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot != NULL && slot->state == SPPROF_SLOT_ENDED) {
        uint64_t cpu;
        if (spprof_threads.engine->thread_cpu_ns(id, &cpu) != 0) {
            return NULL;
        }
        if (cpu >= slot->stopped_ns) {
            slot->state = SPPROF_SLOT_LIVE;
            atomic_store_explicit(&slot->exiting, false, memory_order_relaxed);
        } else {
            slot = replace_thread(slot);
        }
    } else if (slot == NULL) {
        slot = new_slot(id);
    }
    return slot;
}

/*
 * Detects that the slot's thread ended between two sweeps, and that the system gave its number to
 * the calling thread. The slot's next expiry is then ahead of the caller's clock by more than the
 * longest interval. Returns the caller's slot, or NULL.
 */
static struct spprof_slot *check_own_slot(struct spprof_slot *slot) {
    uint64_t cpu;
    if (slot->state == SPPROF_SLOT_LIVE && slot->timer.valid &&
        spprof_threads.engine->thread_cpu_ns(spprof_slot_id(slot), &cpu) == 0 &&
        cpu + spprof_schedule_longest() < spprof_schedule_next_sigsafe(slot)) {
        return replace_thread(slot);
    }
    return slot;
}

struct spprof_slot *spprof_threads_meet_locked(uint64_t id) {
    if (!spprof_gate_is_open_sigsafe()) {
        return NULL;
    }
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot != NULL && !spprof_threads.engine->timer_a_thread) {
        spprof_thread_release_locked(
            slot); /* it is of a thread whose end was not heard, and whose number was reused */
    }
    slot = spprof_threads_slot_for_locked(id);
    if (slot != NULL && slot->state == SPPROF_SLOT_EXCLUDED) {
        return NULL;
    }
    slot = slot != NULL ? check_own_slot(slot) : NULL;
    if (slot == NULL) {
        spprof_threads.last_error = SPPROF_FAILED(SLOTS, 0);
    }
    return slot;
}

void spprof_threads_name_by_system_locked(struct spprof_slot *slot) {
    /* read() is a cancellation point: a cancelled thread of the application would end there and
     * keep the lock. */
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    publish_system_name(slot);
    pthread_setcancelstate(before, NULL);
}

void spprof_threads_forget_names(void) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        spprof_slots_get(i)->name_hash = 0;
    }
    struct spprof_slot *slot = atomic_load_explicit(&others, memory_order_relaxed);
    if (slot != NULL) {
        publish_name(slot, OTHERS_NAME);
    }
    spprof_threads_unlock();
}

void spprof_threads_ask_all_for_blocking(void) {
    spprof_threads_lock();
    spprof_blocked_look(true);
    spprof_threads_unlock();
}

bool spprof_threads_blocking(char *text, size_t size) {
    spprof_threads_lock();
    bool found = spprof_blocked_describe(text, size);
    spprof_threads_unlock();
    return found;
}

int spprof_threads_set_interval(uint64_t interval_ns) {
    spprof_threads_lock();
    int error = 0;
    if (!spprof_threads.engine->timer_a_thread) {
        /* Every slot's share refers to the one timer of the process. */
        struct spprof_slot *slot = atomic_load_explicit(&others, memory_order_relaxed);
        error = spprof_threads.engine->timer_set_sigsafe(&slot->timer, interval_ns, interval_ns);
    }
    if (error == 0) {
        spprof_schedule_want(interval_ns, false);
    }
    spprof_threads_unlock();
    return error;
}

void spprof_threads_exclude(bool excluded) {
    /* The next session may have another engine, but only this engine can exclude a thread. */
    const struct spprof_engine *able = &SPPROF_DEFAULT_ENGINE;
    if (!able->timer_a_thread) {
        return;
    }
    spprof_threads_lock();
    uint64_t id = able->thread_id_sigsafe();
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (excluded) {
        if (slot != NULL) {
            spprof_thread_disarm_locked(slot);
            spprof_thread_set_failed_locked(slot, false);
        } else if ((slot = spprof_slots_allocate(id)) != NULL) {
            spprof_slots_publish(slot);
            spprof_unseen_enter(slot, 0);
        }
        if (slot != NULL) {
            slot->state = SPPROF_SLOT_EXCLUDED;
        }
    } else if (slot != NULL && slot->state == SPPROF_SLOT_EXCLUDED) {
        able->thread_cpu_ns(id, &slot->stopped_ns);
        spprof_unseen_leave(slot);
        spprof_slots_release(slot);
    }
    spprof_threads_unlock();
}
