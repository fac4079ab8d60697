/* Reads a ring of samples in the same way as SampleRing.java. */
#ifndef SPPROF_TEST_RING_READER_H
#define SPPROF_TEST_RING_READER_H

#include <string.h>

#include "base/ring.h"

/* Calls `use` for every record in the ring. Returns the number of records without padding. */
static inline int ring_read(struct spprof_ring *ring,
                            void (*use)(const struct spprof_record *, void *), void *context) {
    int records = 0;
    for (;;) {
        uint64_t head = atomic_load_explicit(&ring->block->head, memory_order_relaxed);
        struct spprof_record *record =
            (struct spprof_record *)(ring->block->data + (head & (ring->capacity - 1)));
        int32_t length =
            atomic_load_explicit((_Atomic int32_t *)&record->length, memory_order_acquire);
        if (length == 0) {
            return records;
        }
        if (record->type != SPPROF_RECORD_PADDING) {
            if (use != NULL) {
                use(record, context);
            }
            records++;
        }
        memset(record, 0, (size_t)length);
        atomic_store_explicit(&ring->block->head, head + (uint64_t)length, memory_order_release);
    }
}

#endif
