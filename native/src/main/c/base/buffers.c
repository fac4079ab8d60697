#include "base/buffers.h"

#include <errno.h>

#include "base/pages.h"

#define PRESENT 4 /* buffers */

static uint64_t mapped_size(const struct spprof_buffers *buffers) {
    return (uint64_t)buffers->count * buffers->stride * sizeof *buffers->words;
}

int spprof_buffers_create(struct spprof_buffers *buffers, uint32_t count, uint32_t words) {
    if (count < 1 || count > SPPROF_MAX_BUFFERS || words < 1) {
        return -EINVAL;
    }
    buffers->count = count;
    buffers->stride = words;
    atomic_store_explicit(&buffers->busy, 0, memory_order_relaxed);
    /* The first buffers are used most. */
    uint32_t present = count < PRESENT ? count : PRESENT;
    buffers->words =
        spprof_pages_map(mapped_size(buffers), (uint64_t)present * words * sizeof *buffers->words);
    return buffers->words == NULL ? -errno : 0;
}

void spprof_buffers_destroy(struct spprof_buffers *buffers) {
    if (buffers->words != NULL) {
        spprof_pages_unmap(buffers->words, mapped_size(buffers));
        buffers->words = NULL;
    }
}

int spprof_buffers_claim_sigsafe(struct spprof_buffers *buffers) {
    uint64_t all = buffers->count == 64 ? ~UINT64_C(0) : (UINT64_C(1) << buffers->count) - 1;
    uint64_t busy = atomic_load_explicit(&buffers->busy, memory_order_relaxed);
    int number;
    do {
        uint64_t idle = ~busy & all;
        if (idle == 0) {
            return -1;
        }
        number = __builtin_ctzll(idle); /* the lowest number: its pages are most likely cached */
        /* This acquire pairs with the release below: the buffer's last user has finished with
         * it. */
    } while (!atomic_compare_exchange_weak_explicit(&buffers->busy, &busy,
                                                    busy | (UINT64_C(1) << number),
                                                    memory_order_acquire, memory_order_relaxed));
    return number;
}

uint64_t *spprof_buffers_get_sigsafe(const struct spprof_buffers *buffers, int number) {
    return buffers->words + (uint64_t)number * buffers->stride;
}

void spprof_buffers_release_sigsafe(struct spprof_buffers *buffers, int number) {
    /* This release pairs with the acquire in claim: the caller's accesses to the buffer come before
     * the buffer is marked idle. */
    atomic_fetch_and_explicit(&buffers->busy, ~(UINT64_C(1) << number), memory_order_release);
}
