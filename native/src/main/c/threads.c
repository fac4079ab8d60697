#include "threads.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "counters.h"
#include "gate.h"
#include "lock.h"
#include "thread_name.h"

#define MAX_TID (4 * 1024 * 1024) /* Linux: PID_MAX_LIMIT on 64 bits */

static struct spprof_lock lock = SPPROF_LOCK_INITIALIZER;
static struct spprof_slot *slots; /* written once, before any timer exists */

/* All below: under the lock. */
static uint32_t *slot_of_tid; /* slot index + 1, 0 for none; pages come into being when touched */
static uint32_t used;         /* slots below this index were in use at some time */
static uint32_t free_slots[SPPROF_MAX_THREADS];
static uint32_t free_count;
static struct spprof_ring *ring;
static uint64_t interval;
static uint32_t next_serial;
static uint32_t sweep_number; /* 0 until the first sweep of the session */
static uint64_t begun_ns;     /* CLOCK_MONOTONIC when the session began */
static uint64_t random_state;
static int last_error;

static void *map(size_t size) {
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return block == MAP_FAILED ? NULL : block;
}

static uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

int spprof_threads_init(void) {
    slots = map(sizeof(struct spprof_slot) * SPPROF_MAX_THREADS);
    slot_of_tid = map(sizeof(uint32_t) * MAX_TID);
    random_state = monotonic_ns() * UINT64_C(0x9E3779B97F4A7C15) | 1;
    return slots != NULL && slot_of_tid != NULL ? 0 : -ENOMEM;
}

void spprof_threads_lock(void) {
    spprof_lock(&lock);
}

void spprof_threads_unlock(void) {
    spprof_unlock(&lock);
}

int spprof_threads_last_error(void) {
    spprof_threads_lock();
    int error = last_error;
    spprof_threads_unlock();
    return error;
}

struct spprof_slot *spprof_threads_slot_sigsafe(void *value) {
    uintptr_t offset = (uintptr_t)value - (uintptr_t)slots;
    return offset < sizeof(struct spprof_slot) * SPPROF_MAX_THREADS &&
                   offset % sizeof(struct spprof_slot) == 0
               ? value
               : NULL;
}

/* xorshift64*, Vigna 2016; the phase of a timer needs no more. */
static uint64_t random_below(uint64_t bound) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * UINT64_C(0x2545F4914F6CDD1D) >> 11) % bound;
}

static struct spprof_slot *find(pid_t tid) {
    uint32_t number = tid > 0 && tid < MAX_TID ? slot_of_tid[tid] : 0;
    return number == 0 ? NULL : &slots[number - 1];
}

static struct spprof_slot *allocate(pid_t tid) {
    if (tid <= 0 || tid >= MAX_TID || (free_count == 0 && used == SPPROF_MAX_THREADS)) {
        return NULL;
    }
    uint32_t index = free_count > 0 ? free_slots[--free_count] : used++;
    slot_of_tid[tid] = index + 1;
    slots[index].tid = tid;
    return &slots[index];
}

static void release(struct spprof_slot *slot) {
    slot_of_tid[slot->tid] = 0;
    slot->state = SPPROF_SLOT_FREE;
    atomic_store_explicit(&slot->env, NULL, memory_order_relaxed);
    free_slots[free_count++] = (uint32_t)(slot - slots);
}

/*
 * A thread that is new to us begins: at the start of its clock if it was born within the session,
 * else now. The listing of threads can miss a living one, so a sweep that finds it first proves
 * nothing; but no thread born within the session has used more CPU time than the session is old.
 */
static void begin_slot(struct spprof_slot *slot) {
    uint64_t cpu = 0;
    spprof_platform_thread_cpu_ns(slot->tid, &cpu);
    uint64_t from = sweep_number == 0 || cpu > monotonic_ns() - begun_ns ? cpu : 0;
    atomic_store_explicit(&slot->env, NULL, memory_order_relaxed);
    atomic_store_explicit(&slot->serial, ++next_serial, memory_order_relaxed);
    atomic_store_explicit(&slot->exiting, false, memory_order_relaxed);
    atomic_store_explicit(&slot->expirations, 0, memory_order_relaxed);
    slot->state = SPPROF_SLOT_LIVE;
    slot->timer.valid = false;
    slot->failed = false;
    slot->first_ns = from + 1 + random_below(interval);
    slot->stopped_ns = 0;
    slot->sweep = sweep_number;
    slot->name_hash = 0;
}

static uint64_t next_expiry(const struct spprof_slot *slot) {
    return slot->first_ns +
           atomic_load_explicit(&slot->expirations, memory_order_relaxed) * interval;
}

static void set_failed(struct spprof_slot *slot, bool failed) {
    if (slot->failed != failed) {
        slot->failed = failed;
        atomic_fetch_add_explicit(&spprof_counters.threads_failed, failed ? 1 : UINT64_MAX,
                                  memory_order_relaxed);
    }
}

static void count_sampled(bool more) {
    atomic_fetch_add_explicit(&spprof_counters.threads_sampled, more ? 1 : UINT64_MAX,
                              memory_order_relaxed);
}

static void disarm(struct spprof_slot *slot) {
    if (slot->timer.valid) {
        spprof_platform_thread_cpu_ns(slot->tid, &slot->stopped_ns); /* unchanged if it is gone */
        spprof_platform_timer_delete(&slot->timer);
        count_sampled(false);
    }
}

static void forget(struct spprof_slot *slot) {
    disarm(slot);
    set_failed(slot, false);
    release(slot);
}

/* Gives the slot a timer, unless the gate is closed; see threads.h. */
static void arm(struct spprof_slot *slot) {
    if (slot->timer.valid || !spprof_gate_is_open_sigsafe()) {
        return;
    }
    int error = spprof_platform_timer_create(&slot->timer, slot->tid, SPPROF_SIGNAL, slot);
    if (error == 0) {
        count_sampled(true);
        set_failed(slot, false);
        error = spprof_platform_timer_set(&slot->timer, next_expiry(slot), interval);
        if (error == 0) {
            return;
        }
        disarm(slot);
    }
    uint64_t cpu;
    if (spprof_platform_thread_cpu_ns(slot->tid, &cpu) == 0) {
        last_error = error;
        set_failed(slot, true); /* tried again at the next sweep */
    } else {
        forget(slot); /* it ended while we looked at it */
    }
}

static void publish_name(struct spprof_slot *slot, const char *name) {
    if (name != NULL && ring != NULL) {
        spprof_thread_name_publish(ring, slot, name);
    }
}

static void publish_system_name(struct spprof_slot *slot) {
    char name[SPPROF_MAX_NAME];
    if (spprof_platform_thread_name(slot->tid, name, sizeof name) == 0) {
        publish_name(slot, name);
    }
}

void spprof_threads_begin(struct spprof_ring *names, uint64_t interval_ns) {
    spprof_threads_lock();
    ring = names;
    interval = interval_ns;
    next_serial = 0;
    sweep_number = 0;
    begun_ns = monotonic_ns();
    last_error = 0;
    atomic_store_explicit(&spprof_counters.threads_sampled, 0, memory_order_relaxed);
    atomic_store_explicit(&spprof_counters.threads_failed, 0, memory_order_relaxed);
    spprof_threads_unlock();
}

void spprof_threads_end(void) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < used; i++) {
        struct spprof_slot *slot = &slots[i];
        if (slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_ENDED) {
            uint64_t next = next_expiry(slot);
            if (slot->state == SPPROF_SLOT_LIVE && slot->stopped_ns >= next) {
                uint64_t due = (slot->stopped_ns - next) / interval + 1;
                spprof_count_sigsafe(&spprof_counters.unsignalled_cpu_ns, due * interval);
            }
            forget(slot);
        }
    }
    ring = NULL;
    spprof_threads_unlock();
}

void spprof_threads_disarm(void) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < used; i++) {
        if (slots[i].state != SPPROF_SLOT_FREE) {
            disarm(&slots[i]);
        }
    }
    spprof_threads_unlock();
}

/*
 * The thread's slot, made if need be. One that ended is this thread's if its clock went on from
 * there; else the system gave the number to a new thread.
 */
static struct spprof_slot *slot_for(pid_t tid) {
    struct spprof_slot *slot = find(tid);
    if (slot != NULL && slot->state == SPPROF_SLOT_ENDED) {
        uint64_t cpu;
        if (spprof_platform_thread_cpu_ns(tid, &cpu) != 0) {
            return NULL;
        }
        if (cpu >= slot->stopped_ns) {
            slot->state = SPPROF_SLOT_LIVE;
            atomic_store_explicit(&slot->exiting, false, memory_order_relaxed);
        } else {
            begin_slot(slot);
        }
    } else if (slot == NULL && (slot = allocate(tid)) != NULL) {
        begin_slot(slot);
    }
    return slot;
}

/*
 * A thread that ended between two sweeps, whose number the system gave to the caller: the slot's
 * clock is ahead of the caller's by more than the interval to its next expiry.
 */
static void check_own_slot(struct spprof_slot *slot) {
    uint64_t cpu;
    if (slot->state == SPPROF_SLOT_LIVE && slot->timer.valid &&
        spprof_platform_thread_cpu_ns(slot->tid, &cpu) == 0 && cpu + interval < next_expiry(slot)) {
        disarm(slot);
        begin_slot(slot);
    }
}

void spprof_threads_adopt_locked(pid_t tid, void *env, const char *name) {
    /*
     * Before the first sweep only: later a thread gets its JNIEnv in ThreadStart, and one that has
     * gone through ThreadEnd must not get it back.
     */
    struct spprof_slot *slot = sweep_number == 0 ? slot_for(tid) : find(tid);
    if (slot == NULL || slot->state != SPPROF_SLOT_LIVE) {
        return;
    }
    if (sweep_number == 0) {
        /* Release, with the handler's acquire: it runs on that thread, which need not be stopped.
         */
        atomic_store_explicit(&slot->env, env, memory_order_release);
    }
    publish_name(slot, name);
}

struct sweep {
    bool names;
    int without_slot;
};

static void visit(pid_t tid, void *context) {
    struct sweep *sweep = context;
    struct spprof_slot *slot = find(tid);
    bool known = slot != NULL && slot->state != SPPROF_SLOT_ENDED;
    if (!known) {
        slot = slot_for(tid);
    }
    if (slot == NULL) {
        uint64_t cpu;
        sweep->without_slot += spprof_platform_thread_cpu_ns(tid, &cpu) == 0;
        return;
    }
    slot->sweep = sweep_number;
    if (slot->state == SPPROF_SLOT_EXCLUDED) {
        return;
    }
    if ((!known || sweep->names) &&
        atomic_load_explicit(&slot->env, memory_order_relaxed) == NULL) {
        publish_system_name(slot);
    }
    arm(slot);
}

int spprof_threads_sweep(bool names) {
    struct sweep sweep = {.names = names};
    spprof_threads_lock();
    int error = spprof_platform_threads(visit, &sweep);
    if (error == 0) {
        for (uint32_t i = 0; i < used; i++) {
            struct spprof_slot *slot = &slots[i];
            uint64_t cpu;
            /* The listing is not atomic and can miss a living thread: the clock has the last word.
             */
            if ((slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_ENDED) &&
                slot->sweep != sweep_number &&
                spprof_platform_thread_cpu_ns(slot->tid, &cpu) != 0) {
                forget(slot);
            }
        }
        sweep_number++;
    }
    if (sweep.without_slot > 0) {
        last_error = -ENOSPC;
    }
    uint64_t armed = atomic_load_explicit(&spprof_counters.threads_sampled, memory_order_relaxed);
    int result = armed > 0 ? (int)armed : error != 0 ? error : last_error;
    spprof_threads_unlock();
    return result;
}

void spprof_threads_started(void *env, const char *name) {
    spprof_threads_lock();
    if (spprof_gate_is_open_sigsafe()) {
        struct spprof_slot *slot = slot_for(spprof_platform_thread_id());
        if (slot != NULL && slot->state != SPPROF_SLOT_EXCLUDED) {
            check_own_slot(slot);
            atomic_store_explicit(&slot->env, env, memory_order_release);
            publish_name(slot, name);
            arm(slot);
        } else if (slot == NULL) {
            last_error = -ENOSPC;
        }
    }
    spprof_threads_unlock();
}

/*
 * CPU timers are looked at when the kernel ticks, so that at this moment up to a tick of the
 * thread's CPU time may be due and not yet signalled: for a thread of a few milliseconds that is a
 * good part of its life. Arming the timer anew at the expiry that is due makes the kernel send the
 * signal now.
 */
static void settle_own(struct spprof_slot *slot) {
    uint64_t cpu;
    spprof_platform_timer_set(&slot->timer, 0, 0); /* no tick may come between the next two lines */
    if (spprof_platform_thread_cpu_ns(slot->tid, &cpu) == 0 && cpu >= next_expiry(slot)) {
        sigset_t blocked;
        spprof_platform_timer_set(&slot->timer, next_expiry(slot), interval);
        pthread_sigmask(SIG_SETMASK, &lock.mask, &blocked); /* here */
        pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    }
}

void spprof_threads_ended(const char *name) {
    spprof_threads_lock();
    struct spprof_slot *slot = find(spprof_platform_thread_id());
    if (slot != NULL && slot->state == SPPROF_SLOT_LIVE) {
        /* From here on the JNIEnv may not be used: the JVM takes the thread apart. */
        atomic_store_explicit(&slot->env, NULL, memory_order_release);
        atomic_store_explicit(&slot->exiting, true, memory_order_release);
        if (spprof_gate_is_open_sigsafe()) {
            publish_name(slot, name);
            if (slot->timer.valid) {
                settle_own(slot);
            }
        }
        disarm(slot);
        set_failed(slot, false);
        slot->state = SPPROF_SLOT_ENDED;
    }
    spprof_threads_unlock();
}

void spprof_threads_exclude(bool excluded) {
    spprof_threads_lock();
    pid_t tid = spprof_platform_thread_id();
    struct spprof_slot *slot = find(tid);
    if (excluded) {
        if (slot != NULL) {
            disarm(slot);
            set_failed(slot, false);
        } else {
            slot = allocate(tid);
        }
        if (slot != NULL) {
            slot->state = SPPROF_SLOT_EXCLUDED;
        }
    } else if (slot != NULL && slot->state == SPPROF_SLOT_EXCLUDED) {
        release(slot);
    }
    spprof_threads_unlock();
}
