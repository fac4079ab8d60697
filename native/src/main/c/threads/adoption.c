#include "threads/adoption.h"

#include "threads/sweep.h"
#include "threads/thread_state.h"
#include "threads/thread_timers.h"
#include "threads/threads.h"

void spprof_threads_adopt_locked(uint64_t id, void *env) {
    /*
     * This function works only before the first sweep. Later, a thread gets its JNIEnv in
     * ThreadStart, and a thread that has passed ThreadEnd must not get its JNIEnv back.
     */
    struct spprof_slot *slot =
        spprof_threads.sweep_number == 0 ? spprof_threads_slot_for_locked(id) : NULL;
    if (slot != NULL && slot->state == SPPROF_SLOT_LIVE) {
        /*
         * This release pairs with the handler's acquire. The handler runs on the slot's thread,
         * which may be running now.
         */
        atomic_store_explicit(&slot->env, env, memory_order_release);
    }
}

void spprof_threads_starts_unheard(bool now) {
    spprof_threads_lock();
    spprof_threads.unheard |= now;
    spprof_threads_unlock();
}

/* An attempt is worth its cost at three times: when a new thread was found; at the next sweep,
 * because the thread may not have had a Java frame yet; and after that at one sweep in
 * SPPROF_SWEEPS_A_LISTING, for native threads that attached to the JVM and for threads that had no
 * Java frame before. */
bool spprof_threads_worth_adopting(bool swept) {
    spprof_threads_lock();
    bool next = spprof_threads.unheard_new == 1 ||
                spprof_threads.unheard_new % SPPROF_SWEEPS_A_LISTING == 0;
    bool worth = spprof_threads.unheard && (spprof_threads.unheard_new == 0 || (swept && next));
    spprof_threads.unheard_new += swept || spprof_threads.unheard_new == 0;
    spprof_threads_unlock();
    return worth;
}

void spprof_threads_adopted(void) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        if (slot->state == SPPROF_SLOT_LIVE && slot->waits) {
            slot->waits = false;
            spprof_threads_arm_locked(slot);
        }
    }
    spprof_threads_unlock();
}

bool spprof_threads_found_locked(uint64_t id, struct spprof_found *found) {
    const struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot == NULL || slot->state != SPPROF_SLOT_LIVE ||
        atomic_load_explicit(&slot->env, memory_order_relaxed) != NULL) {
        return false;
    }
    found->serial = atomic_load_explicit(&slot->serial, memory_order_relaxed);
    found->life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    return found->life % 2 == 0 && !atomic_load_explicit(&slot->exiting, memory_order_relaxed);
}

/*
 * The thread can run ThreadEnd at the same time. ThreadEnd first changes `life` or sets `exiting`,
 * and then clears the JNIEnv. This function works in the opposite order: it first stores the
 * JNIEnv, and then reads `exiting` and `life`. All these accesses are sequentially consistent.
 * Whichever side comes last, no JNIEnv is left in the slot.
 */
void spprof_threads_adopt_found_locked(uint64_t id, const struct spprof_found *found, void *env) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    uint32_t life = found->life;
    if (slot == NULL || slot->state != SPPROF_SLOT_LIVE ||
        atomic_load_explicit(&slot->serial, memory_order_relaxed) != found->serial ||
        !atomic_compare_exchange_strong(&slot->life, &life, life + 1)) {
        return;
    }
    void *none = NULL;
    if (atomic_compare_exchange_strong(&slot->env, &none, env) &&
        (atomic_load(&slot->exiting) || atomic_load(&slot->life) != found->life + 1)) {
        void *ours = env;
        atomic_compare_exchange_strong(&slot->env, &ours, NULL);
    }
}
