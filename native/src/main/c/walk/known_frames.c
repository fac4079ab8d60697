#include "walk/known_frames.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "base/pages.h"
#include "walk/library_numbers.h"

struct entry {
    _Atomic uint64_t key, value, rule, sum;
};

static struct entry *entries; /* NULL: nothing is remembered */
static uint32_t count;

int spprof_known_frames_create(uint32_t wanted) {
    entries = NULL;
    if (wanted == 0) {
        return 0;
    }
    if ((wanted & (wanted - 1)) != 0) {
        return -EINVAL;
    }
    entries = spprof_pages_map_table(wanted * sizeof *entries);
    if (entries == NULL) {
        return -ENOMEM;
    }
    count = wanted;
    return 0;
}

void spprof_known_frames_destroy(void) {
    if (entries != NULL) {
        spprof_pages_unmap(entries, count * sizeof *entries);
        entries = NULL;
    }
}

void spprof_known_frames_clear(void) {
    if (entries != NULL) {
        memset((void *)entries, 0, count * sizeof *entries);
    }
}

/* Returns the entry of an address. Fibonacci hashing, Knuth, volume 3, 6.4. */
static struct entry *entry_sigsafe(uint64_t pc) {
    return &entries[(pc * UINT64_C(0x9E3779B97F4A7C15)) >> 32 & (count - 1)];
}

/* Returns a sum that an entry of zeros does not have. */
static uint64_t sum_sigsafe(uint64_t key, uint64_t value, uint64_t rule) {
    uint64_t sum = (key ^ UINT64_C(0xA0761D6478BD642F)) * UINT64_C(0x9E3779B97F4A7C15);
    sum = (sum ^ sum >> 32 ^ value) * UINT64_C(0xE7037ED1A0B428DB);
    return (sum ^ sum >> 32 ^ rule) * UINT64_C(0x8EBC6AF09C88C6E3);
}

bool spprof_known_frames_find_sigsafe(uint64_t pc, struct spprof_known_frame *frame) {
    if (entries == NULL) {
        return false;
    }
    const struct entry *entry = entry_sigsafe(pc);
    /*
     * This acquire pairs with the release in put. The record that defines the number was reserved
     * before the put. Our record is reserved after this load, so it comes later in the ring, and
     * the reader, which reads in order, already knows the number.
     */
    uint64_t sum = atomic_load_explicit(&entry->sum, memory_order_acquire);
    uint64_t value = atomic_load_explicit(&entry->value, memory_order_relaxed);
    uint64_t rule = atomic_load_explicit(&entry->rule, memory_order_relaxed);
    if (atomic_load_explicit(&entry->key, memory_order_relaxed) != pc ||
        sum != sum_sigsafe(pc, value, rule) ||
        !spprof_library_is_there_sigsafe((uint32_t)(value >> 32))) {
        return false;
    }
    *frame = (struct spprof_known_frame){
        .library = (uint32_t)(value >> 32), .number = (uint32_t)value, .rule = rule};
    return true;
}

void spprof_known_frames_put_sigsafe(uint64_t pc, const struct spprof_known_frame *frame) {
    if (entries == NULL) {
        return;
    }
    struct entry *entry = entry_sigsafe(pc);
    uint64_t value = (uint64_t)frame->library << 32 | frame->number;
    atomic_store_explicit(&entry->key, pc, memory_order_relaxed);
    atomic_store_explicit(&entry->value, value, memory_order_relaxed);
    atomic_store_explicit(&entry->rule, frame->rule, memory_order_relaxed);
    /* This release pairs with the acquire in find. */
    atomic_store_explicit(&entry->sum, sum_sigsafe(pc, value, frame->rule), memory_order_release);
}
