#include "threads/slots.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#define CHAINS 65536 /* a power of two */

/*
 * What is mapped: some 8 MB of addresses, of which only what was touched is memory. A chain holds
 * the slots whose ids have one hash: index + 1 of the first, 0 if there is none.
 */
struct block {
    struct spprof_slot slots[SPPROF_MAX_THREADS];
    _Atomic uint32_t chains[CHAINS];
    uint32_t free[SPPROF_MAX_THREADS];
    _Atomic uint8_t marks[SPPROF_MAX_THREADS];
};

static struct block *block; /* written while no timer exists */
/* Under the lock of thread_state.h. */
static uint32_t used;
static uint32_t free_count;

/*
 * A handler looks its own thread up while others come and go. Its own entry does not move, but the
 * walk along the chain can be led astray by a slot that is released, and used again in another
 * chain, under its feet: then it may miss its entry, never find a wrong one, as it compares ids.
 * So releases are counted, and a miss during which the count changed is tried again.
 */
static _Atomic uint32_t releases;
#define TRIES 16 /* each lost to a release within some nanoseconds */

int spprof_slots_map(void) {
    if (block == NULL) {
        void *mapped = mmap(NULL, sizeof *block, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (mapped == MAP_FAILED) {
            return -ENOMEM;
        }
        block = mapped;
    }
    return 0;
}

/* Thread ids, and addresses of thread structures: Fibonacci hashing, Knuth, volume 3, 6.4. */
static _Atomic uint32_t *chain_of_sigsafe(uint64_t id) {
    return &block->chains[(id * UINT64_C(0x9E3779B97F4A7C15)) >> 48];
}

static struct spprof_slot *search_sigsafe(uint64_t id) {
    /* Acquire, with the release that published the slot: all of it is there. */
    uint32_t number = atomic_load_explicit(chain_of_sigsafe(id), memory_order_acquire);
    for (int steps = 0; number != 0 && steps < SPPROF_MAX_THREADS; steps++) {
        struct spprof_slot *slot = &block->slots[number - 1];
        if (atomic_load_explicit(&slot->id, memory_order_relaxed) == id) {
            return slot;
        }
        number = atomic_load_explicit(&slot->next, memory_order_acquire);
    }
    return NULL;
}

struct spprof_slot *spprof_slots_find_sigsafe(uint64_t id) {
    for (int i = 0; block != NULL && i < TRIES; i++) {
        /* Acquire: the search comes after. What it reads with acquire brings a new count along. */
        uint32_t before = atomic_load_explicit(&releases, memory_order_acquire);
        struct spprof_slot *slot = search_sigsafe(id);
        if (slot != NULL || atomic_load_explicit(&releases, memory_order_relaxed) == before) {
            return slot;
        }
    }
    return NULL;
}

static uint64_t index_of(const struct spprof_slot *slot) {
    return (uint64_t)(slot - block->slots);
}

_Atomic uint8_t *spprof_slots_mark_sigsafe(const struct spprof_slot *slot) {
    return &block->marks[slot - block->slots];
}

void *spprof_slots_ticket(const struct spprof_slot *slot, uint64_t session) {
    return (void *)(uintptr_t)(session * SPPROF_MAX_THREADS + index_of(slot));
}

struct spprof_slot *spprof_slots_of_ticket_sigsafe(void *ticket, uint64_t session) {
    uint64_t number = (uintptr_t)ticket;
    return block != NULL && number / SPPROF_MAX_THREADS == session
               ? &block->slots[number % SPPROF_MAX_THREADS]
               : NULL;
}

struct spprof_slot *spprof_slots_at_sigsafe(void *value) {
    uintptr_t offset = (uintptr_t)value - (uintptr_t)block;
    return block != NULL && offset < sizeof block->slots && offset % sizeof(struct spprof_slot) == 0
               ? value
               : NULL;
}

struct spprof_slot *spprof_slots_allocate(uint64_t id) {
    if (free_count == 0 && used == SPPROF_MAX_THREADS) {
        return NULL;
    }
    uint32_t index = free_count > 0 ? block->free[--free_count] : used++;
    struct spprof_slot *slot = &block->slots[index];
    atomic_store_explicit(&slot->id, id, memory_order_relaxed);
    return slot;
}

void spprof_slots_publish(struct spprof_slot *slot) {
    _Atomic uint32_t *chain =
        chain_of_sigsafe(atomic_load_explicit(&slot->id, memory_order_relaxed));
    /*
     * Release, with the acquire of a search that is led astray here: it sees the release counted.
     */
    atomic_store_explicit(&slot->next, atomic_load_explicit(chain, memory_order_relaxed),
                          memory_order_release);
    /* Release, with the acquire of a search: a handler that finds the slot finds it complete. */
    atomic_store_explicit(chain, (uint32_t)index_of(slot) + 1, memory_order_release);
}

void spprof_slots_release(struct spprof_slot *slot) {
    uint32_t number = (uint32_t)index_of(slot) + 1;
    _Atomic uint32_t *link =
        chain_of_sigsafe(atomic_load_explicit(&slot->id, memory_order_relaxed));
    uint32_t at;
    while ((at = atomic_load_explicit(link, memory_order_relaxed)) != number) {
        link = &block->slots[at - 1].next;
    }
    atomic_store_explicit(link, atomic_load_explicit(&slot->next, memory_order_relaxed),
                          memory_order_release);
    /* Release: who sees the new count sees that the slot is unlinked. */
    atomic_fetch_add_explicit(&releases, 1, memory_order_release);
    atomic_store_explicit(&slot->id, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->env, NULL, memory_order_relaxed);
    atomic_store_explicit(spprof_slots_mark_sigsafe(slot), SPPROF_MARK_NONE, memory_order_relaxed);
    slot->state = SPPROF_SLOT_UNDELETED;
    if (!slot->timer.valid) {
        spprof_slots_free(slot);
    }
}

void spprof_slots_free(struct spprof_slot *slot) {
    slot->state = SPPROF_SLOT_FREE;
    block->free[free_count++] = (uint32_t)index_of(slot);
}

uint32_t spprof_slots_used(void) {
    return used;
}

struct spprof_slot *spprof_slots_get(uint32_t index) {
    return &block->slots[index];
}
