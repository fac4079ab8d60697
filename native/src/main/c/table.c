#include "table.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#define A_LINE 4 /* entries in 64 bytes */
#define LINES 2  /* that are looked at */

int spprof_table_create(struct spprof_table *table, uint32_t count) {
    if (count < LINES * A_LINE || (count & (count - 1)) != 0) {
        return -EINVAL;
    }
    void *mapped = mmap(NULL, count * sizeof *table->entries, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        table->entries = NULL;
        return -ENOMEM;
    }
    table->entries = mapped;
    table->count = count;
    return 0;
}

void spprof_table_destroy(struct spprof_table *table) {
    if (table->entries != NULL) {
        munmap(table->entries, table->count * sizeof *table->entries);
        table->entries = NULL;
    }
}

/* The n-th entry to look at. Fibonacci hashing, Knuth, volume 3, 6.4. */
static struct spprof_table_entry *entry_sigsafe(const struct spprof_table *table, uint64_t key,
                                                uint32_t n) {
    uint64_t hash = (key * UINT64_C(0x9E3779B97F4A7C15)) >> 32;
    uint64_t first = hash & (table->count - 1) & ~(uint64_t)(A_LINE - 1);
    return &table->entries[(first + n) & (table->count - 1)];
}

uint32_t spprof_table_find_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check) {
    for (uint32_t n = 0; n < LINES * A_LINE; n++) {
        struct spprof_table_entry *entry = entry_sigsafe(table, key, n);
        uint64_t here = atomic_load_explicit(&entry->key, memory_order_relaxed);
        if (here == key) {
            /*
             * Acquire, with the release in put: its record was reserved before, so ours, reserved
             * after, is behind it in the ring, and the reader, which goes in order, knows it.
             */
            uint64_t value = atomic_load_explicit(&entry->value, memory_order_acquire);
            return (uint32_t)(value >> 32) == check ? (uint32_t)value : 0;
        }
        if (here == 0) {
            return 0; /* nothing is taken out: it would be here */
        }
    }
    return 0;
}

void spprof_table_put_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check,
                              uint32_t number) {
    for (uint32_t n = 0; n < LINES * A_LINE; n++) {
        struct spprof_table_entry *entry = entry_sigsafe(table, key, n);
        uint64_t here = atomic_load_explicit(&entry->key, memory_order_relaxed);
        /* Relaxed: the value, which is 0 until it is stored, publishes the entry. */
        if (here == key ||
            (here == 0 &&
             atomic_compare_exchange_strong_explicit(&entry->key, &here, key, memory_order_relaxed,
                                                     memory_order_relaxed)) ||
            here == key) {
            /* Release, with the acquire in find. One word: a check never meets another's number. */
            atomic_store_explicit(&entry->value, (uint64_t)check << 32 | number,
                                  memory_order_release);
            return;
        }
    }
}
