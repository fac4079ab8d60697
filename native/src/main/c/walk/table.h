/*
 * A table from addresses to numbers that handlers fill and read beside each other, without a lock:
 * what stands for something that was told once, in the ring, and need not be told again.
 *
 * An address can come to mean something else (code and classes are freed, and their memory used
 * again), so an entry also holds a check, 32 bits that tell one meaning from the next; an entry
 * whose check is another is not found, and put gives it the new number. Nothing else is taken out
 * while handlers run, and an entry that finds no room is not kept.
 *
 *   entry    | key, u64 | check, u32 : number, u32 | detail, u64 | - |   two in a line of the cache
 *
 * The detail is whatever belongs to the check. The two are not read as one: who uses the detail
 * must be able to see by it that the check is of another meaning.
 *
 * A number must be told before it is put. Who finds it writes its record later in the ring: see
 * put.
 *
 * create, destroy, clear: with no handler in flight. find and put: from handlers. Keys and numbers
 * are not 0.
 */
#ifndef SPPROF_TABLE_H
#define SPPROF_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spprof_table_entry {
    _Atomic uint64_t key;
    _Atomic uint64_t value; /* 0 until it is put */
    _Atomic uint64_t detail;
    uint64_t unused;
};

#define SPPROF_TABLE_TRIES 8 /* entries that are looked at */

struct spprof_table {
    struct spprof_table_entry *entries;
    uint32_t count; /* a power of two, 8 at least */
};

/* 0, -EINVAL or -ENOMEM. */
int spprof_table_create(struct spprof_table *table, uint32_t count);
void spprof_table_destroy(struct spprof_table *table);

/* The n-th entry to look at. Fibonacci hashing, Knuth, volume 3, 6.4. */
static inline struct spprof_table_entry *spprof_table_entry_sigsafe(
    const struct spprof_table *table, uint64_t key, uint32_t n) {
    uint64_t hash = (key * UINT64_C(0x9E3779B97F4A7C15)) >> 32;
    return &table->entries[((hash & ~UINT64_C(1)) + n) & (table->count - 1)];
}

/* The entry of a key, whatever its check, or NULL; `*value` is its check and its number. */
static inline const struct spprof_table_entry *spprof_table_look_sigsafe(
    const struct spprof_table *table, uint64_t key, uint64_t *value) {
    for (uint32_t n = 0; n < SPPROF_TABLE_TRIES; n++) {
        const struct spprof_table_entry *entry = spprof_table_entry_sigsafe(table, key, n);
        uint64_t here = atomic_load_explicit(&entry->key, memory_order_relaxed);
        if (here == key) {
            /*
             * Acquire, with the release in put: its record was reserved before, so ours, reserved
             * after, is behind it in the ring, and the reader, which goes in order, knows it.
             */
            *value = atomic_load_explicit(&entry->value, memory_order_acquire);
            return *value == 0 ? NULL : entry;
        }
        if (here == 0) {
            return NULL; /* nothing is taken out: it would be here */
        }
    }
    return NULL;
}

/* Takes everything out. With no handler in flight. */
void spprof_table_clear(struct spprof_table *table);

/* Whether put would keep it; another handler may be quicker. */
bool spprof_table_has_room_sigsafe(const struct spprof_table *table, uint64_t key);

/* 0 if it is not there. */
uint32_t spprof_table_find_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check);
void spprof_table_put_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check,
                              uint32_t number, uint64_t detail);

#endif
