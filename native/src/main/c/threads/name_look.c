#include "threads/name_look.h"

#include <stdlib.h>

#include "threads/thread_name.h"
#include "threads/thread_state.h"

/* The state of the look that is being made. Only one thread makes looks at a time. */
static struct spprof_nameless *list;
static uint32_t capacity;
static struct spprof_ring *ring_of_look;

static bool is_same(const struct spprof_nameless *thread) {
    const struct spprof_slot *slot = thread->slot;
    return atomic_load_explicit(&slot->serial, memory_order_relaxed) == thread->serial &&
           atomic_load_explicit(&slot->life, memory_order_relaxed) == thread->life &&
           slot->state != SPPROF_SLOT_FREE && slot->state != SPPROF_SLOT_UNDELETED;
}

void spprof_name_look_found(struct spprof_nameless *thread, const char *name, uint64_t java_id) {
    thread->done = true;
    spprof_threads_lock();
    if (is_same(thread)) {
        bool written =
            name == NULL || spprof_thread_name_publish(ring_of_look, thread->slot, name, java_id);
        uint8_t reading = SPPROF_MARK_READING;
        /* The exchange fails if a handler has marked the thread meanwhile. The sample of this
         * handler may have come after the name was read, so the mark stays. */
        atomic_compare_exchange_strong_explicit(spprof_slots_mark_sigsafe(thread->slot), &reading,
                                                written ? SPPROF_MARK_NONE : SPPROF_MARK_SAMPLED,
                                                memory_order_relaxed, memory_order_relaxed);
    }
    spprof_threads_unlock();
}

static bool room_for(uint32_t count) {
    if (count > capacity) {
        uint32_t more = 2 * count;
        struct spprof_nameless *grown = realloc(list, more * sizeof *grown);
        if (grown == NULL) {
            return false; /* the remaining threads stay marked */
        }
        list = grown;
        capacity = more;
    }
    return true;
}

static void *env_of(const struct spprof_slot *slot) {
    uintptr_t env = (uintptr_t)atomic_load_explicit(&slot->env, memory_order_relaxed);
    return (void *)(env & ~(uintptr_t)SPPROF_ENV_IN_HOOK);
}

static uint32_t collect_marked(void) {
    uint32_t count = 0;
    spprof_threads_lock();
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        _Atomic uint8_t *mark = spprof_slots_mark_sigsafe(slot);
        /* The mark can be READING if an earlier look did not finish with this slot. */
        if (atomic_load_explicit(mark, memory_order_relaxed) == SPPROF_MARK_NONE ||
            slot->state == SPPROF_SLOT_FREE || !room_for(count + 1)) {
            continue;
        }
        atomic_store_explicit(mark, SPPROF_MARK_READING, memory_order_relaxed);
        list[count++] = (struct spprof_nameless){
            .slot = slot,
            .serial = atomic_load_explicit(&slot->serial, memory_order_relaxed),
            .life = atomic_load_explicit(&slot->life, memory_order_relaxed),
            .env = env_of(slot),
            .named = slot->name_hash != 0,
        };
    }
    spprof_threads_unlock();
    return count;
}

void spprof_name_look(JNIEnv *jni, const struct spprof_engine *engine, struct spprof_ring *ring,
                      spprof_java_names_reader read) {
    ring_of_look = ring;
    uint32_t count = collect_marked();
    read(jni, list, count);
    for (uint32_t i = 0; i < count; i++) {
        struct spprof_nameless *thread = &list[i];
        char name[SPPROF_MAX_NAME];
        /* The system's name is also used for a Java thread that has no name so far, if the JVM does
         * not list the thread or the thread is about to end. */
        if (!thread->done && (thread->env == NULL || !thread->named) &&
            engine->thread_name(atomic_load_explicit(&thread->slot->id, memory_order_relaxed), name,
                                sizeof name) == 0) {
            spprof_name_look_found(thread, name, 0);
        } else if (!thread->done) {
            spprof_name_look_found(thread, NULL, 0);
        }
    }
}
