#include "blocked.h"

#include <stdio.h>
#include <string.h>

#include "lock.h"
#include "schedule.h"
#include "unseen.h"

#define FAR_NS UINT64_C(50000000) /* some ticks of the slowest kernel */
#define MOST_ASKED 32             /* in a look; each costs some 30 us */
#define MOST_NAMES 3

/* All under threads.c's lock. */
static const struct spprof_engine *engine = &SPPROF_DEFAULT_ENGINE;
static uint32_t gone; /* threads that blocked it to their end */
static char last_gone[SPPROF_BLOCKED_NAME];

void spprof_blocked_begin(const struct spprof_engine *with) {
    engine = with;
    gone = 0;
}

static uint64_t paid_of(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->paid_ns, memory_order_relaxed);
}

/* It was found to, and no signal came since. */
static bool blocks(const struct spprof_slot *slot) {
    return slot->blocked && paid_of(slot) == slot->blocked_paid_ns;
}

static bool is_suspect(const struct spprof_slot *slot) {
    return slot->timer.valid && !atomic_load_explicit(&slot->resting, memory_order_relaxed) &&
           slot->seen_ns > spprof_schedule_next_sigsafe(slot) + FAR_NS;
}

static void mark(struct spprof_slot *slot, uint64_t id) {
    char name[SPPROF_BLOCKED_NAME];
    engine->thread_name(id, name, sizeof name);
    /* Threads' names are bytes; these become a Java string. */
    for (char *c = name; *c != '\0'; c++) {
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    }
    memcpy(slot->blocked_name, name, sizeof name);
    slot->blocked = true;
    slot->blocked_paid_ns = paid_of(slot);
}

void spprof_blocked_look(bool all) {
    uint32_t asked = 0;
    for (uint32_t i = 0; i < spprof_slots_used() && (all || asked < MOST_ASKED); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        if (slot->state != SPPROF_SLOT_LIVE || blocks(slot) || !(all || is_suspect(slot))) {
            continue;
        }
        slot->blocked = false;
        uint64_t id = atomic_load_explicit(&slot->id, memory_order_relaxed);
        asked++;
        if (engine->signal_blocked(id, SPPROF_SIGNAL) > 0) {
            mark(slot, id);
        }
    }
}

void spprof_blocked_leave(const struct spprof_slot *slot) {
    if (blocks(slot) && spprof_unseen_due(slot) > 0) {
        gone++;
        memcpy(last_gone, slot->blocked_name, sizeof last_gone);
    }
}

bool spprof_blocked_describe(char *text, size_t size) {
    char names[MOST_NAMES * (SPPROF_BLOCKED_NAME + 2) + 4] = "";
    uint32_t count = 0;
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        const struct spprof_slot *slot = spprof_slots_get(i);
        if (slot->state == SPPROF_SLOT_LIVE && blocks(slot)) {
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
