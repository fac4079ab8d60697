#include "threads/kernel_times.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/counters.h"
#include "threads/thread_state.h"

#define THREADS_A_LOCK 16 /* threads read while the lock is held; some 0.1 to 0.2 ms */
#define EXACT_EXITS 128   /* exits that are read between two looks */
#define EXITS_A_READING 8 /* of further exits, one in so many is read */
#define LEAST_ROOM 256    /* entries of the smallest table; a power of two */
#define LEAST_DIVIDED_NS (10 * SPPROF_NS_PER_MS) /* the resolution of a thread's system time */
#define HASH UINT64_C(0x9E3779B97F4A7C15)        /* Fibonacci hashing */

/* What the last look read of a thread. */
struct entry {
    uint64_t id; /* 0: the entry is free */
    uint64_t cpu_ns;
    uint64_t wait_ns;
    uint64_t divided_ns; /* CPU time that is reported as user and system time, or is of before the
                          * session */
    uint64_t system_ns;  /* system time in it */
    uint32_t look;       /* number of the last look that found the thread */
};

/* All variables but the atomic ones are written with the lock of thread_state.h held; a look reads
 * `engine` without it, while it holds the sampler's lock. The table holds what the last look read
 * of each thread; there is none before the first look. It is an open hash table with linear
 * probing, at most half full, so every search ends at a free entry. */
static const struct spprof_engine *engine = &SPPROF_DEFAULT_ENGINE;
static struct entry *table; /* NULL: no look has been made */
static uint32_t room, used;
static uint32_t look_number;
static bool is_last;      /* of the present look */
static uint64_t begun_ns; /* CLOCK_MONOTONIC at the session's start */
static struct rusage accounted;

/* Relaxed: exits that see a change late are read, or not read, one more time. */
static _Atomic bool has_baseline;   /* the first look was completed */
static _Atomic uint32_t exits_left; /* exits that are read before the next look */
static _Atomic uint32_t exits;      /* exits beyond these */
static _Atomic bool hurry;

static uint64_t growth_ns(struct timeval from, struct timeval to) {
    int64_t us = (int64_t)(to.tv_sec - from.tv_sec) * 1000000 + (to.tv_usec - from.tv_usec);
    return us > 0 ? (uint64_t)us * 1000 : 0;
}

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t greater(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static bool is_counting(void) {
    return atomic_load_explicit(&has_baseline, memory_order_relaxed);
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
    atomic_store_explicit(&has_baseline, false, memory_order_relaxed);
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
    atomic_store_explicit(&has_baseline, false, memory_order_relaxed);
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
    return is_counting() && cpu_ns + wait_ns <= spprof_clock_ns_sigsafe(CLOCK_MONOTONIC) - begun_ns;
}

/* Returns whether the thread's readings can be later ones of the thread of an entry. */
static bool is_same(const struct entry *entry, uint64_t cpu_ns, uint64_t wait_ns) {
    return entry != NULL && entry->cpu_ns <= cpu_ns && entry->wait_ns <= wait_ns;
}

/* Returns the reading of the thread's wait from which on it is to be counted. `entry` is NULL if no
 * look has found the thread. */
static uint64_t counted_until(const struct entry *entry, uint64_t cpu_ns, uint64_t wait_ns) {
    bool same = is_same(entry, cpu_ns, wait_ns);
    /* If it is not the same thread, the system has given the number to a new one. */
    return same ? entry->wait_ns : entry != NULL || is_young(cpu_ns, wait_ns) ? 0 : wait_ns;
}

/* Writes user and system time of a thread into the ring. Returns false if the ring has no room for
 * samples; the rest of the ring is kept for names, which cannot be read again. */
static bool write_times_locked(const struct spprof_slot *slot, uint64_t user_ns,
                               uint64_t system_ns) {
    struct spprof_ring *ring = spprof_threads_ring_locked();
    uint32_t size = spprof_record_size(0);
    struct spprof_record *record =
        ring == NULL ? NULL : spprof_ring_reserve_sample_sigsafe(ring, size);
    if (record == NULL) {
        return false;
    }
    record->type = SPPROF_RECORD_TIMES;
    record->thread = atomic_load_explicit(&slot->serial, memory_order_relaxed);
    record->user_ns = user_ns;
    record->system_ns = system_ns;
    spprof_ring_publish_sigsafe(record, size);
    return true;
}

/* Divides the CPU time that a thread has used since it was last divided, and reports it. Its system
 * time has another resolution than its clock, so it is no more than this CPU time. */
static void divide_locked(struct entry *entry, const struct spprof_slot *slot, uint64_t cpu_ns,
                          uint64_t system_ns) {
    uint64_t all = cpu_ns - entry->divided_ns;
    uint64_t system = system_ns > entry->system_ns ? system_ns - entry->system_ns : 0;
    system = system > all ? all : system;
    if (all > 0 && write_times_locked(slot, all - system, system)) {
        entry->divided_ns = cpu_ns;
        entry->system_ns += system;
    }
}

/* Divides a thread's CPU time if it has used enough, or if this is the last look. */
static void divide_by_look_locked(struct entry *entry, const struct spprof_slot *slot) {
    uint64_t system_ns;
    if (slot != NULL && entry->cpu_ns - entry->divided_ns >= (is_last ? 1 : LEAST_DIVIDED_NS) &&
        engine->thread_system_ns(entry->id, &system_ns) == 0) {
        divide_locked(entry, slot, entry->cpu_ns, system_ns);
    }
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
        divide_by_look_locked(entry, slot);
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
    struct entry now = {.id = id, .cpu_ns = cpu_ns, .wait_ns = wait_ns, .look = look_number};
    if (is_same(known ? entry : NULL, cpu_ns, wait_ns)) {
        now.divided_ns = entry->divided_ns;
        now.system_ns = entry->system_ns;
    } else if (!known && !is_young(cpu_ns, wait_ns)) { /* it has used this before the session */
        now.divided_ns = cpu_ns;
        engine->thread_system_ns(id, &now.system_ns);
    }
    *entry = now;
    divide_by_look_locked(entry, slot);
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
    is_last = last;
    bool worthwhile = !last || is_counting();
    spprof_threads_unlock();
    if (!worthwhile) {
        return;
    }
    bool listed = engine->threads(visit, &batch) == 0;
    read_batch(&batch);
    spprof_threads_lock();
    if (listed && !batch.hurried && used > 0) {
        rebuild(lives);
        atomic_store_explicit(&has_baseline, true, memory_order_relaxed);
        atomic_store_explicit(&spprof_counters.cpu_wait_known, 1, memory_order_relaxed);
    }
    atomic_store_explicit(&exits_left, EXACT_EXITS, memory_order_relaxed);
    spprof_threads_unlock();
}

/* Decides whether an exit is read. Returns the number of exits for which it counts, or 0. */
static uint32_t exits_of_reading(void) {
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

struct spprof_exit_times spprof_kernel_times_read_exit(const struct spprof_engine *with,
                                                       uint64_t id, uint64_t cpu_ns) {
    struct spprof_exit_times exit = {.cpu_ns = cpu_ns};
    if (!with->timer_a_thread || !is_counting()) {
        return exit;
    }
    exit.divisible = with->thread_system_ns(id, &exit.system_ns) == 0;
    exit.stands_for = exits_of_reading();
    if (exit.stands_for > 0 && with->thread_wait_ns(id, &exit.wait_ns) != 0) {
        exit.stands_for = 0;
    }
    return exit;
}

/* Returns whether the exiting thread can be the thread of an entry. */
static bool is_same_at_exit(const struct entry *entry, const struct spprof_exit_times *exit) {
    return entry->cpu_ns <= exit->cpu_ns && entry->system_ns <= exit->system_ns &&
           (exit->stands_for == 0 || entry->wait_ns <= exit->wait_ns);
}

/* Returns whether a look has read the exiting thread after the hook did, while the hook waited for
 * the lock. A greater figure of the entry is then the thread's: its present figure is no smaller.
 * Look and hook read the clock first, so one of the later figures can be greater alone. */
static bool was_read_since(const struct entry *entry, const struct spprof_exit_times *exit) {
    uint64_t now_ns;
    if (entry->cpu_ns > exit->cpu_ns) {
        return engine->thread_cpu_ns(entry->id, &now_ns) == 0 && entry->cpu_ns <= now_ns;
    }
    if (exit->stands_for > 0 && entry->wait_ns > exit->wait_ns) {
        return engine->thread_wait_ns(entry->id, &now_ns) == 0 && entry->wait_ns <= now_ns;
    }
    return exit->divisible && entry->system_ns > exit->system_ns &&
           engine->thread_system_ns(entry->id, &now_ns) == 0 && entry->system_ns <= now_ns;
}

static void divide_exit_locked(const struct spprof_slot *slot, const struct entry *known,
                               const struct spprof_exit_times *exit) {
    struct entry entry = {.id = spprof_slot_id(slot)};
    if (known != NULL && is_same_at_exit(known, exit)) {
        entry = *known;
    }
    /* If it is not the same thread, the system has given the number to a new one. */
    if (known != NULL || is_young(exit->cpu_ns, exit->wait_ns)) {
        divide_locked(&entry, slot, exit->cpu_ns, exit->system_ns);
    }
}

void spprof_kernel_times_count_exit_locked(struct spprof_slot *slot,
                                           const struct spprof_exit_times *exit) {
    bool settled = slot->wait_settled; /* the hook can run again (exit_key.c) */
    slot->wait_settled = true;
    if (settled || !is_counting()) {
        return;
    }
    struct entry *entry = place(table, room, spprof_slot_id(slot));
    struct entry *known = entry->id == 0 ? NULL : entry;
    bool read_since = known != NULL && was_read_since(known, exit);
    if (exit->divisible && read_since) {
        divide_locked(known, slot, greater(known->cpu_ns, exit->cpu_ns), exit->system_ns);
    } else if (exit->divisible) {
        divide_exit_locked(slot, known, exit);
    }
    if (exit->stands_for > 0) {
        uint64_t from_ns = read_since ? smaller(known->wait_ns, exit->wait_ns)
                                      : counted_until(known, exit->cpu_ns, exit->wait_ns);
        spprof_count_sigsafe(&spprof_counters.cpu_wait_ns,
                             (exit->wait_ns - from_ns) * exit->stands_for);
    }
}
