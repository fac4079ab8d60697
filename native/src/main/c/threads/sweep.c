#include "threads/sweep.h"

#include "base/counters.h"
#include "base/failure.h"
#include "threads/blocked.h"
#include "threads/thread_state.h"
#include "threads/thread_timers.h"
#include "threads/threads.h"
#include "threads/unseen.h"

#define MOST_TRIED 2000 /* numbers, at some 0.3 us each, in place of a listing */
#define MOST_ENDED 100  /* a small part of all slots, and more than come in a second as a rule */

static bool searching; /* under the lock */

static void visit(uint64_t id, void *context) {
    int *without_slot = context;
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    bool known = slot != NULL && slot->state != SPPROF_SLOT_ENDED;
    if (!known) {
        slot = spprof_threads_slot_for_locked(id);
    }
    if (slot == NULL) {
        uint64_t cpu;
        *without_slot += spprof_threads.engine->thread_cpu_ns(id, &cpu) == 0;
        return;
    }
    slot->sweep = spprof_threads.sweep_number;
    if (slot->state == SPPROF_SLOT_EXCLUDED) {
        return;
    }
    /* At once, for one that ends before it is looked at. */
    if (!known && atomic_load_explicit(&slot->env, memory_order_relaxed) == NULL) {
        spprof_threads_name_by_system_locked(slot);
        slot->searched = searching;
        spprof_threads.unheard_new = 0;
        slot->waits =
            spprof_threads.unheard; /* else its first signal, for all that it used, has no stack */
    }
    spprof_threads_arm_locked(slot);
}

/*
 * A listing costs some 200 us where nothing of it is in the caches, a count a tenth of that. So
 * while the count stays, no thread waits for a timer and few slots for their threads to be gone,
 * only some sweeps make a listing: for a thread that came as another went.
 */
static bool needs_listing(void) {
    uint64_t count = spprof_threads.engine->thread_count();
    bool same = count != 0 && count == spprof_threads.counted &&
                spprof_threads.ended < MOST_ENDED &&
                atomic_load_explicit(&spprof_counters.threads_failed, memory_order_relaxed) == 0;
    if (spprof_threads.sweep_number > 0 && same &&
        ++spprof_threads.not_listed < SPPROF_SWEEPS_A_LISTING) {
        return false;
    }
    spprof_threads.counted = count;
    spprof_threads.ended = 0;
    spprof_threads.not_listed = 0;
    return true;
}

/* Threads with numbers that were given since the search before the last: a number that is given
 * belongs to a thread only some microseconds later. False if there are too many to try. */
static bool find_new(int *without_slot) {
    uint64_t from = spprof_threads.newest_before, now = spprof_threads.engine->newest_thread();
    bool tried = now == 0 || (from > 0 && now >= spprof_threads.newest && now - from <= MOST_TRIED);
    for (uint64_t id = from + 1; tried && id <= now; id++) {
        uint64_t cpu;
        if (spprof_threads.engine->thread_cpu_ns(id, &cpu) == 0) {
            visit(id, without_slot);
        }
    }
    spprof_threads.newest_before = spprof_threads.newest;
    spprof_threads.newest = now;
    return tried;
}

/* Threads that left the JVM: some go on, and are sampled as native ones from where they were. */
static void revisit_ended(int *without_slot) {
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        uint64_t cpu;
        if (slot->state == SPPROF_SLOT_ENDED &&
            spprof_threads.engine->thread_cpu_ns(spprof_slot_id(slot), &cpu) != 0) {
            spprof_thread_gone_locked(slot);
            spprof_thread_release_locked(slot);
        } else if (slot->state == SPPROF_SLOT_ENDED) {
            visit(spprof_slot_id(slot), without_slot);
        } else if (slot->state == SPPROF_SLOT_UNDELETED) {
            spprof_thread_delete_left_timer_locked(slot);
        }
    }
}

static int list(int *without_slot) {
    int error = spprof_threads.engine->threads(visit, without_slot);
    if (error != 0) {
        return error;
    }
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        uint64_t cpu;
        /* The listing is not atomic and can miss a living thread: the clock has the last word. */
        if ((slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_ENDED) &&
            slot->sweep != spprof_threads.sweep_number &&
            spprof_threads.engine->thread_cpu_ns(spprof_slot_id(slot), &cpu) != 0) {
            spprof_thread_gone_locked(slot);
            spprof_thread_release_locked(slot);
        } else if (slot->state == SPPROF_SLOT_LIVE &&
                   (slot->sweep != spprof_threads.sweep_number || !slot->failed)) {
            spprof_threads_arm_locked(slot); /* it was missed, or there is no listing */
        }
    }
    spprof_threads.sweep_number++;
    return 0;
}

uint64_t spprof_threads_search(void) {
    int without_slot = 0;
    spprof_threads_lock();
    if (spprof_threads.engine->timer_a_thread) {
        searching = true;
        if (!find_new(&without_slot)) {
            list(&without_slot);
        }
        searching = false;
        revisit_ended(&without_slot);
    }
    uint64_t found_ns = spprof_threads.searched_ns;
    spprof_threads_unlock();
    return found_ns;
}

int spprof_threads_sweep(void) {
    int without_slot = 0;
    int error = 0;
    spprof_threads_lock();
    bool busy = spprof_unseen_worth_a_look();
    bool all = needs_listing();
    if (busy) {
        all |= !find_new(&without_slot);
        revisit_ended(&without_slot);
    }
    if (all) {
        error = list(&without_slot);
    }
    if (busy) {
        spprof_unseen_look();
    }
    if (busy || !spprof_threads.engine->timer_a_thread) {
        spprof_blocked_look(false);
    }
    if (without_slot > 0) {
        spprof_threads.last_error = SPPROF_FAILED(SLOTS, 0);
    }
    uint64_t armed = atomic_load_explicit(&spprof_counters.threads_sampled, memory_order_relaxed);
    int result = armed > 0    ? (int)armed
                 : error != 0 ? SPPROF_FAILED(THREADS, error)
                              : spprof_threads.last_error;
    spprof_threads_unlock();
    return result;
}
