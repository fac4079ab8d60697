#include "threads/unseen.h"

#include <stdbool.h>

#include "base/counters.h"
#include "threads/schedule.h"

#define WORTH_NS UINT64_C(1000000) /* a check of 30 threads costs some 10 us */

/* All variables are accessed with the lock of thread_state.h held. */
static const struct spprof_engine *engine = &SPPROF_DEFAULT_ENGINE;
static uint64_t gone_ns;   /* CPU time seen of threads that are gone */
static uint64_t looked_ns; /* the process's clock at the last check; 0 before the first check */
static int64_t base_ns;    /* the lowest of the remainders that are too high (unseen.h): an upper
                              bound of the remainder at the first check */
static int64_t counted_ns; /* CPU time of this session that unseen_cpu_ns contains */

void spprof_unseen_begin(const struct spprof_engine *with) {
    engine = with;
    gone_ns = 0;
    looked_ns = 0;
    counted_ns = 0;
}

void spprof_unseen_enter(struct spprof_slot *slot, uint64_t from_ns) {
    slot->from_ns = from_ns;
    slot->seen_ns = 0;
}

static uint64_t paid_of(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->paid_ns, memory_order_relaxed);
}

uint64_t spprof_unseen_due(const struct spprof_slot *slot) {
    bool later = slot->state == SPPROF_SLOT_LIVE && slot->seen_ns > slot->stopped_ns;
    return slot->failed ? 0 : spprof_schedule_due(slot, later ? slot->seen_ns : slot->stopped_ns);
}

/* Returns, for a thread without a timer, the reading of its clock up to which its CPU time was
 * signalled, or counted as not signalled. */
static uint64_t counted_of(const struct spprof_slot *slot) {
    return paid_of(slot) + spprof_schedule_forgone(slot);
}

/* Returns, for a thread that is gone, the reading of its clock up to which its CPU time was
 * signalled or is due. */
static uint64_t last_of(const struct spprof_slot *slot) {
    if (slot->state != SPPROF_SLOT_LIVE) {
        return slot->stopped_ns;
    }
    return slot->failed ? counted_of(slot) : paid_of(slot) + spprof_unseen_due(slot);
}

uint64_t spprof_unseen_leave(const struct spprof_slot *slot) {
    uint64_t seen_ns = last_of(slot) - slot->from_ns;
    gone_ns += seen_ns;
    return seen_ns;
}

static uint64_t seen_of(struct spprof_slot *slot) {
    uint64_t cpu_ns;
    if (slot->failed) {
        return counted_of(slot) - slot->from_ns;
    }
    uint64_t id = atomic_load_explicit(&slot->id, memory_order_relaxed);
    if (engine->thread_cpu_ns(id, &cpu_ns) != 0) {
        return last_of(slot) - slot->from_ns;
    }
    slot->seen_ns = cpu_ns;
    return cpu_ns - slot->from_ns;
}

bool spprof_unseen_worth_a_look(void) {
    uint64_t now;
    return engine->timer_a_thread && engine->process_cpu_ns(&now) == 0 &&
           (looked_ns == 0 || now - looked_ns >= WORTH_NS);
}

void spprof_unseen_look(void) {
    uint64_t before, after;
    if (!engine->timer_a_thread || engine->process_cpu_ns(&before) != 0) {
        return;
    }
    uint64_t seen = gone_ns;
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        bool of_thread = slot->state != SPPROF_SLOT_FREE && slot->state != SPPROF_SLOT_UNDELETED;
        seen += of_thread ? seen_of(slot) : 0;
    }
    if (engine->process_cpu_ns(&after) != 0) {
        return;
    }
    int64_t most = (int64_t)(after - seen);
    base_ns = looked_ns == 0 || most < base_ns ? most : base_ns;
    looked_ns = before;
    int64_t unseen = (int64_t)(before - seen) - base_ns;
    if (unseen > counted_ns) {
        spprof_count_sigsafe(&spprof_counters.unseen_cpu_ns, (uint64_t)(unseen - counted_ns));
        counted_ns = unseen;
    }
}
