#include "threads/blocked.h"

#include <stdio.h>
#include <string.h>

#include "base/counters.h"
#include "base/lock.h"
#include "threads/schedule.h"
#include "threads/unseen.h"

#define FAR_NS UINT64_C(50000000) /* some ticks of the slowest kernel */
#define MOST_ASKED 32             /* the most questions in a check; each costs some 30 us */
#define MOST_NAMES 3
#define ANSWERS_TO_NAME 3 /* in a row; a watched thread can block the signal for a moment */
#define SWEEPS_A_LOOK 5   /* a check reads the list once a second; it costs some 1 us a thread */
/* The other half of the slots is for Java threads. */
#define MOST_WATCHED (SPPROF_MAX_THREADS / 2)

/* All variables are accessed with the lock of thread_state.h held. */
static const struct spprof_engine *engine = &SPPROF_DEFAULT_ENGINE;
static uint32_t gone; /* number of threads that blocked the signal until they ended */
static char last_gone[SPPROF_BLOCKED_NAME];
static uint32_t next_asked; /* the slot at which the next check begins, so that all get a turn */

/* These variables are used in sessions with a process's timer. */
static const struct spprof_engine *lister; /* the engine that lists threads; NULL: none watched */
static uint32_t watched;                   /* number of watched threads */
static uint32_t look_number;
static uint32_t not_looked; /* sweeps since the last check of the list */

void spprof_blocked_begin(const struct spprof_engine *with) {
    engine = with;
    gone = 0;
    next_asked = 0;
    lister = !with->timer_a_thread && SPPROF_DEFAULT_ENGINE.timer_a_thread ? &SPPROF_DEFAULT_ENGINE
                                                                           : NULL;
    watched = 0;
    not_looked = 0;
}

static uint64_t paid_of(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->paid_ns, memory_order_relaxed);
}

/* Returns whether the slot's thread was found to block the signal and still counts as blocking it.
 * For a thread with a timer, this means that no signal has come since. For a watched thread, it
 * means that the system has given no other answer since. */
static bool blocks(const struct spprof_slot *slot) {
    return slot->blocked &&
           (slot->state == SPPROF_SLOT_WATCHED || paid_of(slot) == slot->blocked_paid_ns);
}

static bool is_suspect(const struct spprof_slot *slot) {
    return slot->timer.valid && !atomic_load_explicit(&slot->resting, memory_order_relaxed) &&
           slot->seen_ns > spprof_schedule_next_sigsafe(slot) + FAR_NS;
}

static void set_blocked(struct spprof_slot *slot, const struct spprof_engine *namer) {
    char name[SPPROF_BLOCKED_NAME];
    namer->thread_name(atomic_load_explicit(&slot->id, memory_order_relaxed), name, sizeof name);
    /* The system's names can contain any bytes. The name becomes part of a Java string, so only
     * printable ASCII is kept. */
    for (char *c = name; *c != '\0'; c++) {
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    }
    memcpy(slot->blocked_name, name, sizeof name);
    slot->blocked = true;
    slot->blocked_paid_ns = paid_of(slot);
}

/* Forgoes the due CPU time of a thread that blocks the signal: counts it now, because no signal
 * will (schedule.h). The function does not ask the system again whether the thread blocks the
 * signal. If the thread has unblocked it meanwhile, schedule.c handles that case. */
static void forgo(struct spprof_slot *slot) {
    if (!atomic_load_explicit(&slot->resting, memory_order_relaxed)) {
        spprof_count_sigsafe(&spprof_counters.unsignalled_cpu_ns,
                             spprof_schedule_forgo(slot, slot->seen_ns));
    }
}

static void look_at_suspects(bool all) {
    uint32_t used = spprof_slots_used(), asked = 0, seen = 0;
    for (; seen < used && (all || asked < MOST_ASKED); seen++) {
        struct spprof_slot *slot = spprof_slots_get((next_asked + seen) % used);
        if (slot->state != SPPROF_SLOT_LIVE || blocks(slot) || !(all || is_suspect(slot))) {
            continue;
        }
        slot->blocked = false;
        asked++;
        if (engine->signal_blocked(atomic_load_explicit(&slot->id, memory_order_relaxed),
                                   SPPROF_SIGNAL) > 0) {
            set_blocked(slot, engine);
        }
    }
    next_asked = used > 0 ? (next_asked + seen) % used : 0;
    for (uint32_t i = 0; i < used; i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        if (slot->state == SPPROF_SLOT_LIVE && blocks(slot)) {
            forgo(slot);
        }
    }
}

static void watch(struct spprof_slot *slot, uint64_t cpu_ns) {
    slot->state = SPPROF_SLOT_WATCHED;
    slot->blocked = false;
    slot->suspicions = 0;
    slot->from_ns = slot->seen_ns = slot->stopped_ns = cpu_ns;
}

/* Returns the slot of a watched thread, and makes one if necessary. Returns NULL for a thread that
 * is not watched (an excluded thread or a Java thread), and if there is no room. */
static struct spprof_slot *watched_slot(uint64_t id, uint64_t cpu_ns) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    if (slot == NULL && watched < MOST_WATCHED && (slot = spprof_slots_allocate(id)) != NULL) {
        slot->timer.valid = slot->sampled = slot->failed = slot->waits = false;
        slot->wait_settled = false;
        atomic_store_explicit(&slot->serial, 0, memory_order_relaxed); /* not in the profile */
        watch(slot, cpu_ns);
        spprof_slots_publish(slot);
        watched++;
    }
    return slot != NULL && slot->state == SPPROF_SLOT_WATCHED ? slot : NULL;
}

static void visit(uint64_t id, void *context) {
    bool all = *(const bool *)context;
    uint64_t cpu_ns;
    struct spprof_slot *slot =
        lister->thread_cpu_ns(id, &cpu_ns) == 0 ? watched_slot(id, cpu_ns) : NULL;
    if (slot == NULL) {
        return;
    }
    slot->sweep = look_number;
    if (cpu_ns < slot->stopped_ns) { /* the system gave the number to another thread */
        spprof_blocked_leave(slot);
        watch(slot, cpu_ns);
    }
    slot->stopped_ns = cpu_ns;
    if (!all && cpu_ns - slot->seen_ns < FAR_NS) {
        return;
    }
    slot->seen_ns = cpu_ns;
    if (lister->signal_blocked(id, SPPROF_SIGNAL) <= 0) {
        slot->blocked = false;
        slot->suspicions = 0;
    } else if (!slot->blocked && (all || ++slot->suspicions == ANSWERS_TO_NAME)) {
        set_blocked(slot, lister);
        slot->suspicions = 0;
    }
}

static void release(struct spprof_slot *slot) {
    spprof_slots_release(slot);
    watched--;
}

static void look_at_list(bool all) {
    look_number++;
    if (lister->threads(visit, &all) != 0) {
        return;
    }
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        uint64_t cpu_ns;
        /* A listing can miss a living thread. */
        if (slot->state == SPPROF_SLOT_WATCHED && slot->sweep != look_number &&
            lister->thread_cpu_ns(atomic_load_explicit(&slot->id, memory_order_relaxed), &cpu_ns) !=
                0) {
            spprof_blocked_leave(slot);
            release(slot);
        }
    }
}

void spprof_blocked_look(bool all) {
    if (engine->timer_a_thread) {
        look_at_suspects(all);
    } else if (lister != NULL && (all || ++not_looked >= SWEEPS_A_LOOK)) {
        not_looked = 0;
        look_at_list(all);
    }
}

void spprof_blocked_end(void) {
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        if (spprof_slots_get(i)->state == SPPROF_SLOT_WATCHED) {
            release(spprof_slots_get(i));
        }
    }
}

/* Returns whether the slot's thread used CPU time that is not sampled as its own. */
static bool used(const struct spprof_slot *slot) {
    return slot->state == SPPROF_SLOT_WATCHED ? slot->stopped_ns - slot->from_ns >= FAR_NS
                                              : spprof_unseen_due(slot) > 0;
}

void spprof_blocked_leave(const struct spprof_slot *slot) {
    if (blocks(slot) && used(slot)) {
        gone++;
        memcpy(last_gone, slot->blocked_name, sizeof last_gone);
    }
}

bool spprof_blocked_describe(char *text, size_t size) {
    char names[MOST_NAMES * (SPPROF_BLOCKED_NAME + 2) + 4] = "";
    uint32_t count = 0;
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        const struct spprof_slot *slot = spprof_slots_get(i);
        bool lives = slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_WATCHED;
        if (lives && blocks(slot)) {
            if (++count <= MOST_NAMES) {
                strcat(names, count > 1 ? ", " : "");
                strcat(names, slot->blocked_name);
            }
        }
    }
    if (count == 0 && gone == 0) {
        return false;
    }
    int n = 0;
    text[0] = '\0';
    if (count > 0) {
        n = snprintf(text, size, "%u thread%s: %s%s", count, count == 1 ? "" : "s", names,
                     count > MOST_NAMES ? ", ..." : "");
    }
    if (gone > 0 && (size_t)n < size) {
        snprintf(text + n, size - (size_t)n, "%s%u thread%s that ended, the last %s",
                 count > 0 ? ", and " : "", gone, gone == 1 ? "" : "s", last_gone);
    }
    return true;
}
