/*
 * A table from addresses to numbers that handlers fill and read beside each other, without a lock:
 * what stands for something that was told once, in the ring, and need not be told again.
 *
 * An address can come to mean something else (code and classes are freed, and their memory used
 * again), so an entry also holds a check, 32 bits that tell one meaning from the next; an entry
 * whose check is another is not found, and put gives it the new number. Nothing else is ever taken
 * out, and an entry that finds no room is not kept.
 *
 *   entry    | key, u64 | check, u32 : number, u32 |     four of them in a line of the cache
 *
 * A number must be told before it is put. Who finds it writes its record later in the ring: see
 * put.
 *
 * create and destroy: with no handler in flight. find and put: from handlers. Keys and numbers are
 * not 0.
 */
#ifndef SPPROF_TABLE_H
#define SPPROF_TABLE_H

#include <stdatomic.h>
#include <stdint.h>

struct spprof_table_entry {
    _Atomic uint64_t key;
    _Atomic uint64_t value; /* 0 until it is put */
};

struct spprof_table {
    struct spprof_table_entry *entries;
    uint32_t count; /* a power of two, 8 at least */
};

/* 0, -EINVAL or -ENOMEM. */
int spprof_table_create(struct spprof_table *table, uint32_t count);
void spprof_table_destroy(struct spprof_table *table);

/* 0 if it is not there. */
uint32_t spprof_table_find_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check);
void spprof_table_put_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check,
                              uint32_t number);

#endif
