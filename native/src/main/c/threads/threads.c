#include "threads/threads.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/counters.h"
#include "base/failure.h"
#include "base/gate.h"
#include "base/lock.h"
#include "threads/blocked.h"
#include "threads/schedule.h"
#include "threads/thread_name.h"
#include "threads/unseen.h"

/* Stands for all threads that a process's timer meets and nobody told us of. */
#define OTHERS_ID UINT64_MAX
#define OTHERS_NAME "native threads"

#define MOST_TRIED 2000 /* numbers, at some 0.3 us each, in place of a listing */
#define MOST_ENDED 100  /* a small part of all slots, and more than come in a second as a rule */

static struct spprof_lock lock = SPPROF_LOCK_INITIALIZER;

/* All below: under the lock. */
static const struct spprof_engine *engine =
    &SPPROF_DEFAULT_ENGINE; /* of the session, or the last */
static struct spprof_ring *ring;
static uint32_t next_serial;
static uint32_t sweep_number;  /* 0 until the first sweep of the session */
static uint64_t counted;       /* threads at the last listing, 0 if that is not known */
static uint32_t ended;         /* slots waiting since then for their threads to be gone */
static uint32_t not_listed;    /* sweeps since then that made none */
static uint64_t newest;        /* the last number given to a thread, at the last search */
static uint64_t newest_before; /* and at the one before */
static uint64_t begun_ns;      /* the process's CPU clock when the session began */
static uint64_t used_ns;       /* of it since then, when it was last read */
static uint64_t random_state;
static int last_error;
static bool searching;
static uint64_t searched_ns; /* of threads that a search found, and that are gone */
static bool unheard;         /* starts of threads, at some time of the session */
static uint32_t unheard_new; /* sweeps since a new thread was found, then */

/* How many sessions there were, with the one that is: what tells their signals apart. */
static _Atomic uint64_t session;

/* Set under the lock before the first timer is armed, and read by handlers. */
static _Atomic(struct spprof_slot *) others;

static uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static uint64_t process_cpu_ns(void) {
    uint64_t now = 0;
    engine->process_cpu_ns(&now);
    return now;
}

void spprof_threads_lock(void) {
    spprof_lock(&lock);
}

void spprof_threads_unlock(void) {
    spprof_unlock(&lock);
}

void spprof_threads_lock_open(void) {
    spprof_lock_open(&lock);
}

void spprof_threads_unlock_open(void) {
    spprof_unlock_open(&lock);
}

void spprof_threads_note(int error) {
    spprof_threads_lock();
    last_error = error != 0 ? error : last_error;
    spprof_threads_unlock();
}

int spprof_threads_last_error(void) {
    spprof_threads_lock();
    int error = last_error;
    spprof_threads_unlock();
    return error;
}

void spprof_threads_new_session(void) {
    atomic_fetch_add_explicit(&session, 1, memory_order_release);
}

struct spprof_slot *spprof_threads_slot_sigsafe(const struct spprof_engine *from,
                                                const struct spprof_signal *signal, bool *stale) {
    if (from->timer_a_thread) {
        /* Acquire, through the gate: see spprof_teardown_await_handlers. */
        uint64_t now = atomic_load_explicit(&session, memory_order_acquire);
        uint64_t then = (uintptr_t)signal->value / SPPROF_MAX_THREADS;
        *stale = then > 0 && then < now;
        return spprof_slots_of_ticket_sigsafe(signal->value, now);
    }
    /* A thread's own value can be of a session long over, its slot somebody else's. */
    struct spprof_slot *slot = spprof_slots_at_sigsafe(signal->value);
    uint64_t id = from->thread_id();
    if (slot == NULL || atomic_load_explicit(&slot->id, memory_order_relaxed) != id) {
        slot = spprof_slots_find_sigsafe(id);
    }
    slot = slot != NULL ? slot : atomic_load_explicit(&others, memory_order_acquire);
    *stale = slot == NULL; /* between two sessions */
    return slot;
}

/* xorshift64*, Vigna 2016; the phase of a timer needs no more. */
static uint32_t random_bits(void) {
    if (random_state == 0) {
        random_state = monotonic_ns() * UINT64_C(0x9E3779B97F4A7C15) | 1;
    }
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(random_state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

static uint64_t id_of(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->id, memory_order_relaxed);
}

/*
 * Whether the process has used so much since the session began. To read its clock, the kernel adds
 * up the clocks of all its threads, so what a reading said before is asked first: a thread that is
 * new has used little.
 */
static bool has_used(uint64_t cpu_ns) {
    if (cpu_ns > used_ns) {
        used_ns = process_cpu_ns() - begun_ns;
    }
    return cpu_ns <= used_ns;
}

/*
 * A thread that is new to us begins: at the start of its clock if it was born within the session,
 * else now. The listing of threads can miss a living one, so a sweep that finds it first proves
 * nothing; but no thread born within the session has used more CPU time than the process since.
 */
static void begin_slot(struct spprof_slot *slot) {
    uint64_t cpu = 0;
    engine->thread_cpu_ns(id_of(slot), &cpu);
    uint64_t from = sweep_number == 0 || !has_used(cpu) ? cpu : 0;
    atomic_store_explicit(&slot->env, NULL, memory_order_relaxed);
    atomic_store_explicit(&slot->serial, ++next_serial, memory_order_relaxed);
    atomic_store_explicit(&slot->life, 0, memory_order_relaxed);
    atomic_store_explicit(spprof_slots_mark_sigsafe(slot), SPPROF_MARK_NONE, memory_order_relaxed);
    atomic_store_explicit(&slot->exiting, false, memory_order_relaxed);
    atomic_store_explicit(&slot->left, false, memory_order_relaxed);
    atomic_store_explicit(&slot->resting, false, memory_order_relaxed);
    spprof_schedule_begin(slot, from, random_bits());
    slot->state = SPPROF_SLOT_LIVE;
    slot->timer.valid = false;
    slot->sampled = false;
    slot->failed = false;
    slot->waits = false;
    slot->searched = false;
    slot->spent_ns = 0;
    slot->stopped_ns = 0;
    slot->sweep = sweep_number;
    slot->name_hash = 0;
    slot->blocked = false;
    spprof_unseen_enter(slot, from);
}

/* Arms its timer, or sets it anew, as the slot's schedule says. */
static int set_timer(const struct spprof_slot *slot) {
    return engine->timer_set_sigsafe(
        &slot->timer, spprof_schedule_next_sigsafe(slot),
        atomic_load_explicit(&slot->interval_ns, memory_order_relaxed));
}

static void set_failed(struct spprof_slot *slot, bool failed) {
    if (slot->failed != failed) {
        slot->failed = failed;
        atomic_fetch_add_explicit(&spprof_counters.threads_failed, failed ? 1 : UINT64_MAX,
                                  memory_order_relaxed);
    }
}

static void set_sampled(struct spprof_slot *slot, bool sampled) {
    if (slot->sampled != sampled) {
        slot->sampled = sampled;
        atomic_fetch_add_explicit(&spprof_counters.threads_sampled, sampled ? 1 : UINT64_MAX,
                                  memory_order_relaxed);
    }
}

/*
 * 0 or -errno. A timer that the system did not delete stays the slot's, and the slot is nobody
 * else's until it is deleted: sweeps try again, and no teardown ends before (teardown.c).
 */
static int delete_timer(struct spprof_slot *slot) {
    set_sampled(slot, false);
    int error = slot->timer.valid ? engine->timer_delete(&slot->timer) : 0;
    if (error != 0) {
        last_error = SPPROF_FAILED(TIMER_LIVES, error);
    }
    return error;
}

static int disarm(struct spprof_slot *slot) {
    if (slot->timer.valid) {
        engine->thread_cpu_ns(id_of(slot), &slot->stopped_ns); /* unchanged if it is gone */
    }
    return delete_timer(slot);
}

static void forget(struct spprof_slot *slot) {
    disarm(slot);
    set_failed(slot, false);
    spprof_slots_release(slot);
}

/* Expirations of the thread's own timer that were due when it was deleted, never signalled, and not
 * counted yet (blocked.h). */
static void count_unsignalled(const struct spprof_slot *slot) {
    if (engine->timer_a_thread &&
        (slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_ENDED)) {
        uint64_t due = spprof_unseen_due(slot), forgone = spprof_schedule_forgone(slot);
        spprof_count_sigsafe(&spprof_counters.unsignalled_cpu_ns,
                             due > forgone ? due - forgone : 0);
    }
}

/* The thread is gone, perhaps with expirations that it never let in. */
static void bury(struct spprof_slot *slot) {
    count_unsignalled(slot);
    uint64_t seen_ns = spprof_unseen_leave(slot);
    searched_ns += slot->searched ? seen_ns : 0;
    spprof_blocked_leave(slot);
}

/* It has a timer now: its clock so far is counted as unseen, and is not to be sampled as well. */
static void begin_late(struct spprof_slot *slot) {
    uint64_t cpu = 0;
    engine->thread_cpu_ns(id_of(slot), &cpu);
    spprof_unseen_leave(slot);
    spprof_schedule_begin(slot, cpu, random_bits());
    spprof_unseen_enter(slot, cpu);
}

static int failure_to_set(int error) {
    return error == -EEXIST ? SPPROF_FAILED(TIMER_HELD, 0) : SPPROF_FAILED(TIMER_SET, error);
}

/* No timer for now: its clock counts as unseen, and the next sweep tries again (arm). */
static void give_up_timer(struct spprof_slot *slot, int failure) {
    disarm(slot);
    last_error = failure;
    set_failed(slot, true);
}

/* Its timer can not be set any more, so nobody knows when it expires. A thread that has ended
 * is left to the next sweep. */
static void lose_timer(struct spprof_slot *slot, int error) {
    uint64_t cpu;
    if (engine->thread_cpu_ns(id_of(slot), &cpu) == 0) {
        atomic_store_explicit(&slot->resting, false, memory_order_relaxed);
        give_up_timer(slot, failure_to_set(error));
    }
}

/* Gives the slot a timer, unless the gate is closed; see threads.h. */
static void arm(struct spprof_slot *slot) {
    if (slot->sampled || slot->waits || !spprof_gate_is_open_sigsafe()) {
        return;
    }
    void *value = slot;
    if (engine->timer_a_thread) {
        value = spprof_threads_ticket_locked(slot);
    }
    /* A timer that could not be deleted is set again. */
    int error = slot->timer.valid
                    ? 0
                    : engine->timer_create(&slot->timer, id_of(slot), SPPROF_SIGNAL, value);
    int failure = SPPROF_FAILED(TIMER, error);
    if (error == 0) {
        if (slot->failed) {
            begin_late(slot);
        }
        set_failed(slot, false);
        atomic_store_explicit(&slot->resting, false, memory_order_relaxed);
        error = set_timer(slot);
        if (error == 0) {
            set_sampled(slot, true);
            return;
        }
        failure = failure_to_set(error);
    }
    uint64_t cpu;
    if (engine->thread_cpu_ns(id_of(slot), &cpu) == 0) {
        give_up_timer(slot, failure);
    } else {
        bury(slot); /* it ended while we looked at it */
        forget(slot);
    }
}

static void publish_name(struct spprof_slot *slot, const char *name) {
    if (name != NULL && ring != NULL) {
        spprof_thread_name_publish(ring, slot, name);
    }
}

static void publish_system_name(struct spprof_slot *slot) {
    char name[SPPROF_MAX_NAME];
    if (engine->thread_name(id_of(slot), name, sizeof name) == 0) {
        publish_name(slot, name);
    }
}

/* A process's timer signals threads that neither the system nor the JVM told us of. */
static void begin_others(void) {
    struct spprof_slot *slot = spprof_slots_allocate(OTHERS_ID);
    if (slot != NULL) { /* always, as all slots are free but those of our own threads */
        begin_slot(slot);
        spprof_slots_publish(slot);
        publish_name(slot, OTHERS_NAME);
        atomic_store_explicit(&others, slot, memory_order_release);
    }
}

void spprof_threads_begin(const struct spprof_engine *with, struct spprof_ring *names,
                          uint64_t interval_ns) {
    spprof_threads_lock();
    engine = with;
    ring = names;
    spprof_schedule_want(interval_ns, true);
    next_serial = 0;
    sweep_number = 0;
    begun_ns = process_cpu_ns();
    used_ns = 0;
    last_error = 0;
    unheard = false;
    newest = newest_before = 0;
    searched_ns = 0;
    spprof_unseen_begin(engine);
    spprof_blocked_begin(engine);
    atomic_store_explicit(&spprof_counters.threads_sampled, 0, memory_order_relaxed);
    atomic_store_explicit(&spprof_counters.threads_failed, 0, memory_order_relaxed);
    if (!engine->timer_a_thread) {
        begin_others();
    }
    spprof_threads_unlock();
}

void spprof_threads_end(void) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        if (slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_ENDED) {
            count_unsignalled(slot);
            forget(slot);
        }
    }
    spprof_blocked_end();
    atomic_store_explicit(&others, NULL, memory_order_relaxed);
    ring = NULL;
    spprof_threads_unlock();
}

/* Slots that are nobody's, for their timers only. */
static int delete_left_timer(struct spprof_slot *slot) {
    int error = delete_timer(slot);
    if (error == 0) {
        spprof_slots_free(slot);
    }
    return error;
}

int spprof_threads_disarm(void) {
    int error = 0;
    spprof_threads_lock();
    spprof_unseen_look();
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        int failed = slot->state == SPPROF_SLOT_FREE        ? 0
                     : slot->state == SPPROF_SLOT_UNDELETED ? delete_left_timer(slot)
                                                            : disarm(slot);
        error = error != 0 ? error : failed;
    }
    spprof_threads_unlock();
    return error;
}

static struct spprof_slot *new_slot(uint64_t id) {
    struct spprof_slot *slot = spprof_slots_allocate(id);
    if (slot != NULL) {
        begin_slot(slot);
        spprof_slots_publish(slot);
    }
    return slot;
}

/* The slot's thread is gone, and the system gave its number to another. NULL: there is no slot. */
static struct spprof_slot *replace_thread(struct spprof_slot *slot) {
    bury(slot);
    if (disarm(slot) == 0) {
        begin_slot(slot);
        return slot;
    }
    uint64_t id = id_of(slot);
    forget(slot);
    return new_slot(id);
}

/*
 * The thread's slot, made if need be. One that ended is this thread's if its clock went on from
 * there; else the system gave the number to a new thread.
 */
static struct spprof_slot *slot_for(uint64_t id) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot != NULL && slot->state == SPPROF_SLOT_ENDED) {
        uint64_t cpu;
        if (engine->thread_cpu_ns(id, &cpu) != 0) {
            return NULL;
        }
        if (cpu >= slot->stopped_ns) {
            slot->state = SPPROF_SLOT_LIVE;
            atomic_store_explicit(&slot->exiting, false, memory_order_relaxed);
        } else {
            slot = replace_thread(slot);
        }
    } else if (slot == NULL) {
        slot = new_slot(id);
    }
    return slot;
}

/*
 * A thread that ended between two sweeps, whose number the system gave to the caller: the slot's
 * clock is ahead of the caller's by more than the longest way to an expiry.
 */
static struct spprof_slot *check_own_slot(struct spprof_slot *slot) {
    uint64_t cpu;
    if (slot->state == SPPROF_SLOT_LIVE && slot->timer.valid &&
        engine->thread_cpu_ns(id_of(slot), &cpu) == 0 &&
        cpu + spprof_schedule_longest() < spprof_schedule_next_sigsafe(slot)) {
        return replace_thread(slot);
    }
    return slot;
}

void spprof_threads_adopt_locked(uint64_t id, void *env) {
    /*
     * Before the first sweep only: later a thread gets its JNIEnv in ThreadStart, and one that has
     * gone through ThreadEnd must not get it back.
     */
    struct spprof_slot *slot = sweep_number == 0 ? slot_for(id) : NULL;
    if (slot != NULL && slot->state == SPPROF_SLOT_LIVE) {
        /*
         * Release, with the handler's acquire: it runs on that thread, which need not be stopped.
         */
        atomic_store_explicit(&slot->env, env, memory_order_release);
    }
}

void spprof_threads_starts_unheard(bool now) {
    spprof_threads_lock();
    unheard |= now;
    spprof_threads_unlock();
}

/* When one was found, and at the next sweep, as it may not have been in Java yet; else for native
 * threads that attached, or had no Java frame at that moment. */
bool spprof_threads_worth_adopting(bool swept) {
    spprof_threads_lock();
    bool next = unheard_new == 1 || unheard_new % SPPROF_SWEEPS_A_LISTING == 0;
    bool worth = unheard && (unheard_new == 0 || (swept && next));
    unheard_new += swept || unheard_new == 0;
    spprof_threads_unlock();
    return worth;
}

void spprof_threads_adopted(void) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        if (slot->state == SPPROF_SLOT_LIVE && slot->waits) {
            slot->waits = false;
            arm(slot);
        }
    }
    spprof_threads_unlock();
}

bool spprof_threads_found_locked(uint64_t id, struct spprof_found *found) {
    const struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot == NULL || slot->state != SPPROF_SLOT_LIVE ||
        atomic_load_explicit(&slot->env, memory_order_relaxed) != NULL) {
        return false;
    }
    found->serial = atomic_load_explicit(&slot->serial, memory_order_relaxed);
    found->life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    return found->life % 2 == 0 && !atomic_load_explicit(&slot->exiting, memory_order_relaxed);
}

/*
 * A thread can be in ThreadEnd meanwhile, which first says so, in `life` or in `exiting`, and then
 * clears the JNIEnv. Here it is the other way round, all of it sequentially consistent: whichever
 * comes last, no JNIEnv is left.
 */
void spprof_threads_adopt_found_locked(uint64_t id, const struct spprof_found *found, void *env) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    uint32_t life = found->life;
    if (slot == NULL || slot->state != SPPROF_SLOT_LIVE ||
        atomic_load_explicit(&slot->serial, memory_order_relaxed) != found->serial ||
        !atomic_compare_exchange_strong(&slot->life, &life, life + 1)) {
        return;
    }
    void *none = NULL;
    if (atomic_compare_exchange_strong(&slot->env, &none, env) &&
        (atomic_load(&slot->exiting) || atomic_load(&slot->life) != found->life + 1)) {
        void *ours = env;
        atomic_compare_exchange_strong(&slot->env, &ours, NULL);
    }
}

static void visit(uint64_t id, void *context) {
    int *without_slot = context;
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    bool known = slot != NULL && slot->state != SPPROF_SLOT_ENDED;
    if (!known) {
        slot = slot_for(id);
    }
    if (slot == NULL) {
        uint64_t cpu;
        *without_slot += engine->thread_cpu_ns(id, &cpu) == 0;
        return;
    }
    slot->sweep = sweep_number;
    if (slot->state == SPPROF_SLOT_EXCLUDED) {
        return;
    }
    /* At once, for one that ends before it is looked at. */
    if (!known && atomic_load_explicit(&slot->env, memory_order_relaxed) == NULL) {
        publish_system_name(slot);
        slot->searched = searching;
        unheard_new = 0;
        slot->waits = unheard; /* else its first signal, for all that it used, has no stack */
    }
    arm(slot);
}

/*
 * A listing costs some 200 us where nothing of it is in the caches, a count a tenth of that. So
 * while the count stays, no thread waits for a timer and few slots for their threads to be gone,
 * only some sweeps make a listing: for a thread that came as another went.
 */
static bool needs_listing(void) {
    uint64_t count = engine->thread_count();
    bool same = count != 0 && count == counted && ended < MOST_ENDED &&
                atomic_load_explicit(&spprof_counters.threads_failed, memory_order_relaxed) == 0;
    if (sweep_number > 0 && same && ++not_listed < SPPROF_SWEEPS_A_LISTING) {
        return false;
    }
    counted = count;
    ended = 0;
    not_listed = 0;
    return true;
}

/* Threads with numbers that were given since the search before the last: a number that is given
 * belongs to a thread only some microseconds later. False if there are too many to try. */
static bool find_new(int *without_slot) {
    uint64_t from = newest_before, now = engine->newest_thread();
    bool tried = now == 0 || (from > 0 && now >= newest && now - from <= MOST_TRIED);
    for (uint64_t id = from + 1; tried && id <= now; id++) {
        uint64_t cpu;
        if (engine->thread_cpu_ns(id, &cpu) == 0) {
            visit(id, without_slot);
        }
    }
    newest_before = newest;
    newest = now;
    return tried;
}

/* Threads that left the JVM: some go on, and are sampled as native ones from where they were. */
static void revisit_ended(int *without_slot) {
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        uint64_t cpu;
        if (slot->state == SPPROF_SLOT_ENDED && engine->thread_cpu_ns(id_of(slot), &cpu) != 0) {
            bury(slot);
            forget(slot);
        } else if (slot->state == SPPROF_SLOT_ENDED) {
            visit(id_of(slot), without_slot);
        } else if (slot->state == SPPROF_SLOT_UNDELETED) {
            delete_left_timer(slot);
        }
    }
}

static int list(int *without_slot) {
    int error = engine->threads(visit, without_slot);
    if (error != 0) {
        return error;
    }
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        uint64_t cpu;
        /* The listing is not atomic and can miss a living thread: the clock has the last word. */
        if ((slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_ENDED) &&
            slot->sweep != sweep_number && engine->thread_cpu_ns(id_of(slot), &cpu) != 0) {
            bury(slot);
            forget(slot);
        } else if (slot->state == SPPROF_SLOT_LIVE &&
                   (slot->sweep != sweep_number || !slot->failed)) {
            arm(slot); /* it was missed, or there is no listing */
        }
    }
    sweep_number++;
    return 0;
}

uint64_t spprof_threads_search(void) {
    int without_slot = 0;
    spprof_threads_lock();
    if (engine->timer_a_thread) {
        searching = true;
        if (!find_new(&without_slot)) {
            list(&without_slot);
        }
        searching = false;
        revisit_ended(&without_slot);
    }
    uint64_t found_ns = searched_ns;
    spprof_threads_unlock();
    return found_ns;
}

int spprof_threads_sweep(void) {
    int without_slot = 0;
    int error = 0;
    spprof_threads_lock();
    bool busy = spprof_unseen_worth_a_look();
    bool all = needs_listing();
    if (busy) {
        all |= !find_new(&without_slot);
        revisit_ended(&without_slot);
    }
    if (all) {
        error = list(&without_slot);
    }
    if (busy) {
        spprof_unseen_look();
    }
    if (busy || !engine->timer_a_thread) {
        spprof_blocked_look(false);
    }
    if (without_slot > 0) {
        last_error = SPPROF_FAILED(SLOTS, 0);
    }
    uint64_t armed = atomic_load_explicit(&spprof_counters.threads_sampled, memory_order_relaxed);
    int result = armed > 0 ? (int)armed : error != 0 ? SPPROF_FAILED(THREADS, error) : last_error;
    spprof_threads_unlock();
    return result;
}

void spprof_threads_ask_all_for_blocking(void) {
    spprof_threads_lock();
    spprof_blocked_look(true);
    spprof_threads_unlock();
}

bool spprof_threads_blocking(char *text, size_t size) {
    spprof_threads_lock();
    bool found = spprof_blocked_describe(text, size);
    spprof_threads_unlock();
    return found;
}

int spprof_threads_set_interval(uint64_t interval_ns) {
    spprof_threads_lock();
    int error = 0;
    if (!engine->timer_a_thread) {
        /* Any thread's share stands for the one timer. */
        struct spprof_slot *slot = atomic_load_explicit(&others, memory_order_relaxed);
        error = engine->timer_set_sigsafe(&slot->timer, interval_ns, interval_ns);
    }
    if (error == 0) {
        spprof_schedule_want(interval_ns, false);
    }
    spprof_threads_unlock();
    return error;
}

void spprof_threads_rest(uint32_t share, uint32_t turn) {
    spprof_threads_lock();
    for (uint32_t i = 0; engine->timer_a_thread && i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        bool rests = (i + turn) % share != 0;
        if (slot->state != SPPROF_SLOT_LIVE || !slot->timer.valid ||
            rests == atomic_load_explicit(&slot->resting, memory_order_relaxed)) {
            continue;
        }
        /* A handler that has not seen this yet may arm its timer once more: one signal, counted. */
        atomic_store_explicit(&slot->resting, rests, memory_order_relaxed);
        int error = rests ? engine->timer_set_sigsafe(&slot->timer, 0, 0) : set_timer(slot);
        if (error != 0) {
            lose_timer(slot, error);
        }
    }
    spprof_threads_unlock();
}

void spprof_threads_forget_names(void) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        spprof_slots_get(i)->name_hash = 0;
    }
    struct spprof_slot *slot = atomic_load_explicit(&others, memory_order_relaxed);
    if (slot != NULL) {
        publish_name(slot, OTHERS_NAME);
    }
    spprof_threads_unlock();
}

struct spprof_slot *spprof_threads_meet_locked(uint64_t id) {
    if (!spprof_gate_is_open_sigsafe()) {
        return NULL;
    }
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot != NULL && !engine->timer_a_thread) {
        forget(slot); /* of a thread that ended unheard: its number is this one's now */
    }
    slot = slot_for(id);
    if (slot != NULL && slot->state == SPPROF_SLOT_EXCLUDED) {
        return NULL;
    }
    slot = slot != NULL ? check_own_slot(slot) : NULL;
    if (slot == NULL) {
        last_error = SPPROF_FAILED(SLOTS, 0);
    }
    return slot;
}

void spprof_threads_arm_locked(struct spprof_slot *slot) {
    arm(slot);
}

void spprof_threads_go_on_locked(struct spprof_slot *slot) {
    if (slot->timer.valid && !atomic_load_explicit(&slot->resting, memory_order_relaxed)) {
        int error = set_timer(slot);
        if (error != 0) {
            lose_timer(slot, error);
        }
    }
}

/* Takes its timer away, and remembers how far its clock was. */
static void end_clock(struct spprof_slot *slot, uint64_t cpu_ns) {
    if (slot->failed) {
        begin_late(slot);
        slot->stopped_ns = slot->from_ns;
    } else {
        slot->stopped_ns = cpu_ns;
    }
    delete_timer(slot);
}

void spprof_threads_retire_locked(struct spprof_slot *slot, uint64_t cpu_ns) {
    if (engine->timer_a_thread) {
        end_clock(slot, cpu_ns);
        set_failed(slot, false);
        slot->state = SPPROF_SLOT_ENDED;
        ended++;
    } else {
        forget(slot); /* no sweep would: its last moments count among the others */
    }
}

void spprof_threads_name_by_system_locked(struct spprof_slot *slot) {
    /* To read is a cancellation point: an application's thread would end there, with the lock. */
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    publish_system_name(slot);
    pthread_setcancelstate(before, NULL);
}

const struct spprof_engine *spprof_threads_engine_locked(void) {
    return engine;
}

struct spprof_ring *spprof_threads_ring_locked(void) {
    return ring;
}

void *spprof_threads_ticket_locked(const struct spprof_slot *slot) {
    return spprof_slots_ticket(slot, atomic_load_explicit(&session, memory_order_relaxed));
}

struct spprof_slot *spprof_threads_slot_of(void *ticket) {
    return spprof_slots_of_ticket_sigsafe(ticket,
                                          atomic_load_explicit(&session, memory_order_acquire));
}

void spprof_threads_exclude(bool excluded) {
    /* Whatever engine the next session uses: only this one can leave a thread out. */
    const struct spprof_engine *able = &SPPROF_DEFAULT_ENGINE;
    if (!able->timer_a_thread) {
        return;
    }
    spprof_threads_lock();
    uint64_t id = able->thread_id();
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (excluded) {
        if (slot != NULL) {
            disarm(slot);
            set_failed(slot, false);
        } else if ((slot = spprof_slots_allocate(id)) != NULL) {
            spprof_slots_publish(slot);
            spprof_unseen_enter(slot, 0);
        }
        if (slot != NULL) {
            slot->state = SPPROF_SLOT_EXCLUDED;
        }
    } else if (slot != NULL && slot->state == SPPROF_SLOT_EXCLUDED) {
        able->thread_cpu_ns(id, &slot->stopped_ns);
        spprof_unseen_leave(slot);
        spprof_slots_release(slot);
    }
    spprof_threads_unlock();
}
