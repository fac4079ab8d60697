#include "threads/kernel_times.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/counters.h"
#include "threads/thread_state.h"

#define THREADS_A_LOCK 16                 /* threads read while the lock is held; some 0.1 ms */
#define EXACT_EXITS 128                   /* exits that are read between two looks */
#define EXITS_A_READING 8                 /* of further exits, one in so many is read */
#define LEAST_ROOM 256                    /* entries of the smallest table; a power of two */
#define HASH UINT64_C(0x9E3779B97F4A7C15) /* Fibonacci hashing */

/* What the last look read of a thread. */
struct entry {
    uint64_t id; /* 0: the entry is free */
    uint64_t cpu_ns;
    uint64_t wait_ns;
    uint32_t look; /* number of the last look that found the thread */
};

/* All variables but the atomic ones are written with the lock of thread_state.h held; a look reads
 * `engine` without it, while it holds the sampler's lock. The table holds what the last look read
 * of each thread; there is none before the first look. It is an open hash table with linear
 * probing, at most half full, so every search ends at a free entry. */
static const struct spprof_engine *engine = &SPPROF_DEFAULT_ENGINE;
static struct entry *table; /* NULL: no look has been made */
static uint32_t room, used;
static uint32_t look_number;
static bool has_baseline; /* the first look was completed */
static uint64_t begun_ns; /* CLOCK_MONOTONIC at the session's start */
static struct rusage accounted;

/* Relaxed: exits that see a change late are read, or not read, one more time. */
static _Atomic uint32_t exits_left; /* exits that are read before the next look */
static _Atomic uint32_t exits;      /* exits beyond these */
static _Atomic bool hurry;

static uint64_t growth_ns(struct timeval from, struct timeval to) {
    int64_t us = (int64_t)(to.tv_sec - from.tv_sec) * 1000000 + (to.tv_usec - from.tv_usec);
    return us > 0 ? (uint64_t)us * 1000 : 0;
}

static void count_usage(void) {
    struct rusage now;
    if (getrusage(RUSAGE_SELF, &now) == 0) {
        spprof_count_sigsafe(&spprof_counters.user_cpu_ns,
                             growth_ns(accounted.ru_utime, now.ru_utime));
        spprof_count_sigsafe(&spprof_counters.system_cpu_ns,
                             growth_ns(accounted.ru_stime, now.ru_stime));
        accounted = now;
    }
}

void spprof_kernel_times_begin_locked(const struct spprof_engine *with) {
    /* An engine with a process's timer lists no threads. */
    engine = with->timer_a_thread ? with : &SPPROF_DEFAULT_ENGINE;
    look_number = 0;
    has_baseline = false;
    begun_ns = spprof_clock_ns_sigsafe(CLOCK_MONOTONIC);
    atomic_store_explicit(&exits_left, EXACT_EXITS, memory_order_relaxed);
    atomic_store_explicit(&hurry, false, memory_order_relaxed);
    if (getrusage(RUSAGE_SELF, &accounted) != 0) {
        accounted = (struct rusage){.ru_maxrss = 0};
    }
}

void spprof_kernel_times_end_locked(void) {
    free(table);
    table = NULL;
    room = used = 0;
    has_baseline = false;
}

void spprof_kernel_times_hurry(void) {
    atomic_store_explicit(&hurry, true, memory_order_relaxed);
}

/* Returns the entry of thread `id`, or the free entry where it belongs. */
static struct entry *place(struct entry *entries, uint32_t size, uint64_t id) {
    uint32_t i = (uint32_t)(id * HASH >> 32) & (size - 1);
    while (entries[i].id != 0 && entries[i].id != id) {
        i = (i + 1) & (size - 1);
    }
    return &entries[i];
}

/* Moves the entries to a table that is at most a quarter full, without those that `stays` refuses.
 * Returns false if there is no memory; nothing has changed then. */
static bool rebuild(bool (*stays)(const struct entry *)) {
    uint32_t size = LEAST_ROOM;
    while (size < 4 * (used + 1)) {
        size *= 2;
    }
    struct entry *next = calloc(size, sizeof *next);
    if (next == NULL) {
        return false;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < room; i++) {
        if (table[i].id != 0 && stays(&table[i])) {
            *place(next, size, table[i].id) = table[i];
            kept++;
        }
    }
    free(table);
    table = next;
    room = size;
    used = kept;
    return true;
}

static bool always(const struct entry *entry) {
    (void)entry;
    return true;
}

/* The listing is not atomic and can miss a living thread. */
static bool lives(const struct entry *entry) {
    uint64_t cpu_ns;
    return entry->look == look_number || engine->thread_cpu_ns(entry->id, &cpu_ns) == 0;
}

/* Returns whether a thread that no look has found before can have started within the session. */
static bool is_young(uint64_t cpu_ns, uint64_t wait_ns) {
    return has_baseline && cpu_ns + wait_ns <= spprof_clock_ns_sigsafe(CLOCK_MONOTONIC) - begun_ns;
}

/* Returns the reading of the thread's wait from which on it is to be counted. `entry` is NULL if no
 * look has found the thread. */
static uint64_t counted_until(const struct entry *entry, uint64_t cpu_ns, uint64_t wait_ns) {
    bool same = entry != NULL && entry->cpu_ns <= cpu_ns && entry->wait_ns <= wait_ns;
    /* If it is not the same thread, the system has given the number to a new one. */
    return same ? entry->wait_ns : entry != NULL || is_young(cpu_ns, wait_ns) ? 0 : wait_ns;
}

static void read_thread(uint64_t id) {
    const struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot != NULL && (slot->state == SPPROF_SLOT_EXCLUDED || slot->wait_settled)) {
        return;
    }
    uint64_t cpu_ns, wait_ns;
    struct entry *entry = table == NULL ? NULL : place(table, room, id);
    bool known = entry != NULL && entry->id == id;
    /* The clock is read first. If the thread runs in between, the next look reads it again. */
    if (engine->thread_cpu_ns(id, &cpu_ns) != 0) {
        return;
    }
    if (known && entry->cpu_ns == cpu_ns) {
        entry->look = look_number;
        return;
    }
    if (engine->thread_wait_ns(id, &wait_ns) != 0) {
        return;
    }
    if (!known) {
        if (2 * (used + 1) > room) {
            if (used >= SPPROF_MAX_THREADS || !rebuild(always)) {
                return;
            }
            entry = place(table, room, id);
        }
        used++;
    }
    uint64_t from_ns = counted_until(known ? entry : NULL, cpu_ns, wait_ns);
    spprof_count_sigsafe(&spprof_counters.cpu_wait_ns, wait_ns - from_ns);
    *entry = (struct entry){.id = id, .cpu_ns = cpu_ns, .wait_ns = wait_ns, .look = look_number};
}

/* Threads that the listing has found and that are not read yet. */
struct batch {
    uint64_t ids[THREADS_A_LOCK];
    uint32_t count;
    bool hurried;
};

static void read_batch(struct batch *batch) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < batch->count; i++) {
        read_thread(batch->ids[i]);
    }
    spprof_threads_unlock();
    batch->count = 0;
}

static void visit(uint64_t id, void *context) {
    struct batch *batch = context;
    batch->hurried |= atomic_load_explicit(&hurry, memory_order_relaxed);
    if (batch->hurried) {
        return;
    }
    batch->ids[batch->count++] = id;
    if (batch->count == THREADS_A_LOCK) {
        read_batch(batch);
    }
}

void spprof_kernel_times_look(bool last) {
    struct batch batch = {.count = 0};
    if (last) {
        atomic_store_explicit(&hurry, false, memory_order_relaxed);
    }
    spprof_threads_lock();
    count_usage();
    look_number++;
    bool worthwhile = !last || has_baseline;
    spprof_threads_unlock();
    if (!worthwhile) {
        return;
    }
    bool listed = engine->threads(visit, &batch) == 0;
    read_batch(&batch);
    spprof_threads_lock();
    if (listed && !batch.hurried && used > 0) {
        rebuild(lives);
        has_baseline = true;
        atomic_store_explicit(&spprof_counters.cpu_wait_known, 1, memory_order_relaxed);
    }
    atomic_store_explicit(&exits_left, EXACT_EXITS, memory_order_relaxed);
    spprof_threads_unlock();
}

/* Decides whether an exit is read. Returns the number of exits for which it counts, or 0. */
static uint32_t weight_of_exit(void) {
    uint32_t left = atomic_load_explicit(&exits_left, memory_order_relaxed);
    while (left > 0) {
        if (atomic_compare_exchange_weak_explicit(&exits_left, &left, left - 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            return 1;
        }
    }
    uint64_t count = atomic_fetch_add_explicit(&exits, 1, memory_order_relaxed);
    /* By a hash, because threads may come in groups, in which the last one waits longest. */
    return (count * HASH >> 32) % EXITS_A_READING == 0 ? EXITS_A_READING : 0;
}

struct spprof_exit_wait spprof_kernel_times_read_exit(const struct spprof_engine *with,
                                                      uint64_t id) {
    struct spprof_exit_wait exit = {.weight = 0};
    if (with != NULL && with->timer_a_thread) {
        exit.weight = weight_of_exit();
    }
    if (exit.weight > 0) {
        uint64_t before, after;
        bool read = with->thread_cpu_ns(id, &before) == 0 &&
                    with->thread_wait_ns(id, &exit.wait_ns) == 0 &&
                    with->thread_cpu_ns(id, &after) == 0;
        exit.weight = read ? exit.weight : 0;
        exit.read_ns = read ? after - before : 0;
    }
    return exit;
}

void spprof_kernel_times_count_exit_locked(struct spprof_slot *slot,
                                           const struct spprof_exit_wait *exit) {
    slot->wait_settled = true;
    uint64_t id = spprof_slot_id(slot), cpu_ns;
    if (exit->weight == 0 || !has_baseline || engine->thread_cpu_ns(id, &cpu_ns) != 0) {
        return;
    }
    const struct entry *entry = place(table, room, id);
    uint64_t from_ns = counted_until(entry->id == id ? entry : NULL, cpu_ns, exit->wait_ns);
    spprof_count_sigsafe(&spprof_counters.cpu_wait_ns, (exit->wait_ns - from_ns) * exit->weight);
}
