#include "walk/table.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/pages.h"

int spprof_table_create(struct spprof_table *table, uint32_t count) {
    if (count < SPPROF_TABLE_TRIES || (count & (count - 1)) != 0) {
        return -EINVAL;
    }
    table->entries = spprof_pages_map_table(count * sizeof *table->entries);
    if (table->entries == NULL) {
        return -ENOMEM;
    }
    table->count = count;
    return 0;
}

void spprof_table_destroy(struct spprof_table *table) {
    if (table->entries != NULL) {
        spprof_pages_unmap(table->entries, table->count * sizeof *table->entries);
        table->entries = NULL;
    }
}

void spprof_table_clear(struct spprof_table *table) {
    memset(table->entries, 0, table->count * sizeof *table->entries);
}

bool spprof_table_has_room_sigsafe(const struct spprof_table *table, uint64_t key) {
    for (uint32_t n = 0; n < SPPROF_TABLE_TRIES; n++) {
        const struct spprof_table_entry *entry = spprof_table_entry_sigsafe(table, key, n);
        uint64_t here = atomic_load_explicit(&entry->key, memory_order_relaxed);
        if (here == 0 || here == key) {
            return true;
        }
    }
    return false;
}

uint32_t spprof_table_find_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check) {
    uint64_t value;
    return spprof_table_look_sigsafe(table, key, &value) != NULL && value >> 32 == check
               ? (uint32_t)value
               : 0;
}

void spprof_table_put_sigsafe(const struct spprof_table *table, uint64_t key, uint32_t check,
                              uint32_t number, uint64_t detail) {
    for (uint32_t n = 0; n < SPPROF_TABLE_TRIES; n++) {
        struct spprof_table_entry *entry = spprof_table_entry_sigsafe(table, key, n);
        uint64_t here = atomic_load_explicit(&entry->key, memory_order_relaxed);
        /* Relaxed order is enough: the value publishes the entry, and it is 0 until it is
         * stored. */
        if (here == key ||
            (here == 0 &&
             atomic_compare_exchange_strong_explicit(&entry->key, &here, key, memory_order_relaxed,
                                                     memory_order_relaxed)) ||
            here == key) {
            atomic_store_explicit(&entry->detail, detail, memory_order_relaxed);
            /* This release pairs with the acquire in look. Check and number are stored as one word,
             * so a check is never combined with another entry's number. */
            atomic_store_explicit(&entry->value, (uint64_t)check << 32 | number,
                                  memory_order_release);
            return;
        }
    }
}
