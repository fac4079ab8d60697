#include "threads/sweep.h"

#include "base/counters.h"
#include "base/failure.h"
#include "threads/blocked.h"
#include "threads/thread_state.h"
#include "threads/thread_timers.h"
#include "threads/threads.h"
#include "threads/unseen.h"

#define MOST_TRIED 2000 /* the most thread numbers tried instead of a listing; 0.3 us each */
#define MOST_ENDED 100  /* a small part of all slots, and usually more than end in a second */

static bool searching; /* accessed under the lock */

/* Handles a thread that was found: gives it a slot and a timer if it has none. */
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
    /* The name is read at once, because the thread may end before the next name look. */
    if (!known && atomic_load_explicit(&slot->env, memory_order_relaxed) == NULL) {
        spprof_threads_name_by_system_locked(slot);
        slot->searched = searching;
        spprof_threads.unheard_new = 0;
        slot->waits =
            spprof_threads.unheard; /* else the first signal of a Java thread, which stands for all
                                       its CPU time so far, would have no stack */
    }
    spprof_threads_arm_locked(slot);
}

/*
 * Returns whether this sweep should make a listing. A listing costs some 200 us if none of its data
 * is in the caches. A count of the threads costs a tenth of that. Only one sweep in
 * SPPROF_SWEEPS_A_LISTING makes a listing while three conditions hold: the count stays the same, no
 * thread waits for a timer, and few slots wait for their threads to be gone. The listing then finds
 * threads that started when others ended.
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

/* Visits the threads whose numbers were given out since the search before the last. It goes back
 * further than the last search, because the system gives out a number some microseconds before the
 * thread can be found. Returns false if there are too many numbers to try. */
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

/* Checks the threads that left the JVM. Those that live on are sampled as native threads, from the
 * reading of their clock at which their sampling ended. */
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

/* Makes a listing: visits all threads of the process, and releases the slots of threads that are
 * gone. Returns 0 or -errno. */
static int list(int *without_slot) {
    int error = spprof_threads.engine->threads(visit, without_slot);
    if (error != 0) {
        return error;
    }
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        uint64_t cpu;
        /* The listing is not atomic and can miss a living thread. The thread therefore counts as
         * gone only if its clock cannot be read. */
        if ((slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_ENDED) &&
            slot->sweep != spprof_threads.sweep_number &&
            spprof_threads.engine->thread_cpu_ns(spprof_slot_id(slot), &cpu) != 0) {
            spprof_thread_gone_locked(slot);
            spprof_thread_release_locked(slot);
        } else if (slot->state == SPPROF_SLOT_LIVE &&
                   (slot->sweep != spprof_threads.sweep_number || !slot->failed)) {
            spprof_threads_arm_locked(slot); /* the listing missed it, or there is no listing */
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
