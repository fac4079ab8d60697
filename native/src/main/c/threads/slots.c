#include "threads/slots.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

/* A hint that not every system has. */
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

#define CHAINS 65536 /* a power of two */

/*
 * The mapped block: some 8 MB of address space. Only the pages that were touched use memory. A slot
 * is the entry of one thread (slots.h). Its id is the engine's number of the thread: the system's
 * thread number, or the address of a thread structure. A chain links the slots whose ids have the
 * same hash. For each hash, `chains` holds index + 1 of the chain's first slot, or 0 if there is
 * none.
 */
struct block {
    struct spprof_slot slots[SPPROF_MAX_THREADS];
    _Atomic uint32_t chains[CHAINS];
    uint32_t free[SPPROF_MAX_THREADS];
    _Atomic uint8_t marks[SPPROF_MAX_THREADS];
};

static struct block *block; /* written while no timer exists */
/* Accessed under the lock of thread_state.h. */
static uint32_t used;
static uint32_t free_count;

/*
 * Makes lookups by handlers correct. A handler looks up its own thread's slot while other slots are
 * published and released. Its own slot stays in its chain. But while the lookup is at another slot
 * of the chain, this other slot can be released and used again in another chain. The lookup then
 * continues in the wrong chain, and may miss its own slot. (It never returns a wrong slot, because
 * it compares ids.) Releases are therefore counted, and a lookup that finds nothing is repeated if
 * the count has changed meanwhile.
 */
static _Atomic uint32_t releases;
#define TRIES 16 /* a try fails only if a release falls within its few nanoseconds */

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

/* Returns the chain of an id, by Fibonacci hashing (Knuth, volume 3, 6.4). Ids are thread numbers
 * or addresses of thread structures. */
static _Atomic uint32_t *chain_of_sigsafe(uint64_t id) {
    return &block->chains[(id * UINT64_C(0x9E3779B97F4A7C15)) >> 48];
}

static struct spprof_slot *search_sigsafe(uint64_t id) {
    /* This acquire pairs with the release that published the slot: the lookup sees the whole
     * slot. */
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
        /* The order is acquire, so the loads of the lookup come after this load. If one of the
         * lookup's own acquire loads reads a value that was stored after a release of a slot, the
         * second load of the count sees this release. */
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
     * This release pairs with the acquire of a lookup that came into this chain by mistake: the
     * lookup sees that a release was counted.
     */
    atomic_store_explicit(&slot->next, atomic_load_explicit(chain, memory_order_relaxed),
                          memory_order_release);
    /* This release pairs with the acquire of a lookup: a handler that finds the slot sees the whole
     * slot. */
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
    /* The order is release: a thread that sees the new count also sees that the slot is
     * unlinked. */
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
