#include "base/ring.h"

#include <errno.h>

#include "base/pages.h"

/* So many bytes behind the last record are made present, and no more than so many in one call,
 * which then takes less than a millisecond. If the handlers write more between two calls, they make
 * the faults. */
#define PRESENT_AHEAD (UINT64_C(1) << 20)

static_assert(sizeof(_Atomic int32_t) == sizeof(int32_t), "a length is published in place");

int spprof_ring_create(struct spprof_ring *ring, uint64_t capacity) {
    if (capacity < 4096 || (capacity & (capacity - 1)) != 0) {
        return -EINVAL;
    }
    ring->capacity = capacity;
    uint64_t size = spprof_ring_block_size(ring);
    ring->present = size < PRESENT_AHEAD ? size : PRESENT_AHEAD;
    ring->block = spprof_pages_map(size, ring->present);
    return ring->block == NULL ? -errno : 0;
}

void spprof_ring_destroy(struct spprof_ring *ring) {
    if (ring->block != NULL) {
        spprof_pages_unmap(ring->block, spprof_ring_block_size(ring));
        ring->block = NULL;
    }
}

void spprof_ring_make_present(struct spprof_ring *ring) {
    uint64_t tail = atomic_load_explicit(&ring->block->tail, memory_order_relaxed); /* a hint */
    uint64_t size = spprof_ring_block_size(ring);
    uint64_t wanted = sizeof *ring->block + tail + PRESENT_AHEAD;
    uint64_t most = ring->present + PRESENT_AHEAD;
    wanted = wanted < size ? wanted : size;
    wanted = wanted < most ? wanted : most;
    if (wanted > ring->present) {
        spprof_pages_make_present((uint8_t *)ring->block + ring->present, wanted - ring->present);
        ring->present = wanted;
    }
}

uint64_t spprof_ring_block_size(const struct spprof_ring *ring) {
    return sizeof(struct spprof_ring_block) + ring->capacity;
}

static struct spprof_record *reserve_sigsafe(struct spprof_ring *ring, uint32_t size,
                                             uint64_t most) {
    struct spprof_ring_block *block = ring->block;
    uint64_t position, padding;
    uint64_t tail = atomic_load_explicit(&block->tail, memory_order_relaxed);
    do {
        /* This acquire pairs with the reader's release of `head`: the writer sees zeros in the
         * bytes that the reader freed. */
        uint64_t head = atomic_load_explicit(&block->head, memory_order_acquire);
        position = tail & (ring->capacity - 1);
        padding = position + size > ring->capacity ? ring->capacity - position : 0;
        /*
         * The comparison is signed, because a stale `tail` can be below a fresh `head`. The
         * exchange then fails and reloads `tail`.
         */
        if ((int64_t)(tail + padding + size - head) > (int64_t)most) {
            return NULL;
        }
        /*
         * The records themselves are published by their lengths. This release, paired with the
         * reader's acquire of `tail` (SampleRing.end), publishes an earlier store of the writer:
         * every writer whose record lies before that `tail` has marked its thread as sampled
         * (thread_name.h).
         */
    } while (!atomic_compare_exchange_weak_explicit(&block->tail, &tail, tail + padding + size,
                                                    memory_order_release, memory_order_relaxed));
    if (padding != 0) {
        struct spprof_record *rest = (struct spprof_record *)(block->data + position);
        rest->type = SPPROF_RECORD_PADDING;
        spprof_ring_publish_sigsafe(rest, (uint32_t)padding);
        position = 0;
    }
    return (struct spprof_record *)(block->data + position);
}

struct spprof_record *spprof_ring_reserve_sigsafe(struct spprof_ring *ring, uint32_t size) {
    return reserve_sigsafe(ring, size, ring->capacity);
}

struct spprof_record *spprof_ring_reserve_sample_sigsafe(struct spprof_ring *ring, uint32_t size) {
    return reserve_sigsafe(ring, size, ring->capacity - ring->capacity / SPPROF_RING_NAMES);
}

void spprof_ring_publish_sigsafe(struct spprof_record *record, uint32_t size) {
    /* This release pairs with the reader's acquire of the length (SampleRing.java): a reader that
     * sees the length sees the whole record. */
    atomic_store_explicit((_Atomic int32_t *)&record->length, (int32_t)size, memory_order_release);
}
