/*
 * A lock-free table from addresses to numbers, which handlers fill and read concurrently. A number
 * stands for a definition that was written to the ring once and need not be written again. (The
 * entries of returns in locations.c have no definition.)
 *
 * The meaning of an address can change: code and classes are freed, and their memory is reused. An
 * entry therefore also has a check, 32 bits that distinguish the meanings. An entry with another
 * check is not found, and put gives it the new number. Nothing else is removed while handlers run.
 * An entry that finds no room is not stored.
 *
 *   entry    | key, u64 | check, u32 : number, u32 | detail, u64 | - |   two in a line of the cache
 *
 * The detail is a value that belongs to the check. Check and detail are not read atomically
 * together, so they can be of different meanings. A user of the detail must therefore compute the
 * check from the detail itself, and compare it with the check that was read.
 *
 * The definition of a number must be written to the ring before the number is put. A handler that
 * finds the number writes its own record later in the ring: see put.
 *
 * create, destroy, clear: called with no handler in flight. find and put: called from handlers.
 * Keys and numbers are not 0.
 */
#ifndef SPPROF_TABLE_H
#define SPPROF_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spprof_table_entry {
    _Atomic uint64_t key;
    _Atomic uint64_t value; /* 0 until the entry is put */
    _Atomic uint64_t detail;
    uint64_t unused;
};

#define SPPROF_TABLE_TRIES 8 /* entries that a lookup tries */

struct spprof_table {
    struct spprof_table_entry *entries;
    uint32_t count; /* a power of two, 8 or more */
};

/* Returns 0, -EINVAL or -ENOMEM. */
int spprof_table_create(struct spprof_table *table, uint32_t count);
void spprof_table_destroy(struct spprof_table *table);

/* Returns the n-th entry to try for a key. Fibonacci hashing, Knuth, volume 3, 6.4. */
static inline struct spprof_table_entry *spprof_table_entry_sigsafe(
    const struct spprof_table *table, uint64_t key, uint32_t n) {
    uint64_t hash = (key * UINT64_C(0x9E3779B97F4A7C15)) >> 32;
    return &table->entries[((hash & ~UINT64_C(1)) + n) & (table->count - 1)];
}

/* Returns the entry of a key, whatever its check, or NULL; `*value` receives its check and its
 * number. */
static inline const struct spprof_table_entry *spprof_table_look_sigsafe(
    const struct spprof_table *table, uint64_t key, uint64_t *value) {
    for (uint32_t n = 0; n < SPPROF_TABLE_TRIES; n++) {
        const struct spprof_table_entry *entry = spprof_table_entry_sigsafe(table, key, n);
        uint64_t here = atomic_load_explicit(&entry->key, memory_order_relaxed);
        if (here == key) {
            /*
             * This acquire pairs with the release in put. The record that defines the number was
             * reserved before the put. Our record is reserved after this load, so it comes later in
             * the ring, and the reader, which reads in order, already knows the number.
             */
            *value = atomic_load_explicit(&entry->value, memory_order_acquire);
            return *value == 0 ? NULL : entry;
        }
        if (here == 0) {
            return NULL; /* nothing is removed, so the entry would be here */
        }
    }
    return NULL;
}

/* Removes all entries. Called with no handler in flight. */
void spprof_table_clear(struct spprof_table *table);

/* Returns whether put would find room; another handler may take it first. */
bool spprof_table_has_room_sigsafe(const struct spprof_table *table, uint64_t key);

/* Returns the number of a key with this check; 0 if it is not in the table. */
uint32_t spprof_table_find_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check);
void spprof_table_put_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check,
                              uint32_t number, uint64_t detail);

#endif
