#include "threads/thread_name.h"

#include <string.h>

#include "threads/thread_state.h"

void spprof_thread_name_mark_sigsafe(const struct spprof_slot *slot) {
    _Atomic uint8_t *mark = spprof_slots_mark_sigsafe(slot);
    /* The mark says that the thread was sampled since its name was last read (slots.h). A relaxed
     * store is enough, because the caller then reserves a record, which is a release (ring.c). The
     * mark is stored only if it changes, because the marks of 64 threads share a cache line. */
    if (atomic_load_explicit(mark, memory_order_relaxed) != SPPROF_MARK_SAMPLED) {
        atomic_store_explicit(mark, SPPROF_MARK_SAMPLED, memory_order_relaxed);
    }
}

static uint32_t add_to_hash(uint32_t hash, const void *bytes, size_t size) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ byte[i]) * 16777619u;
    }
    return hash;
}

/* Returns the hash FNV-1a of a name and a number; never 0, which means that none was published. */
static uint32_t hash_name(const char *name, size_t size, uint64_t java_id) {
    uint32_t hash = add_to_hash(2166136261u, name, size);
    hash = add_to_hash(hash, &java_id, sizeof java_id);
    return hash == 0 ? 1 : hash;
}

bool spprof_thread_name_publish(struct spprof_ring *ring, struct spprof_slot *slot,
                                const char *name, uint64_t java_id) {
    uint32_t count = (uint32_t)strnlen(name, SPPROF_MAX_NAME + 1);
    if (count > SPPROF_MAX_NAME) {
        count = SPPROF_MAX_NAME;
        while (count > 0 && ((unsigned char)name[count] & 0xC0) == 0x80) {
            count--; /* do not cut in the middle of a character */
        }
    }
    uint32_t hash = hash_name(name, count, java_id);
    if (hash == slot->name_hash) {
        return true;
    }
    uint32_t size = spprof_record_size(count);
    struct spprof_record *record = spprof_ring_reserve_sigsafe(ring, size);
    if (record == NULL) {
        return false;
    }
    slot->name_hash = hash;
    record->type = SPPROF_RECORD_THREAD;
    record->flags =
        atomic_load_explicit(&slot->env, memory_order_relaxed) == NULL ? SPPROF_FLAG_NATIVE : 0;
    record->thread = atomic_load_explicit(&slot->serial, memory_order_relaxed);
    record->name_bytes = count;
    /* Under the lock, the number and the serial are of the same thread. The record is published
     * with release order, like all of its fields. */
    record->system_id = spprof_threads.engine->system_ids ? spprof_slot_id(slot) : 0;
    record->java_id = java_id;
    memcpy(record + 1, name, count);
    spprof_ring_publish_sigsafe(record, size);
    return true;
}
