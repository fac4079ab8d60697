#include "schedule.h"

#include <time.h>

/*
 * Relaxed, as everything here: a handler that reads the old value follows at its next signal. A
 * slot's three are written before its timer is armed, and then by its own thread's handler only,
 * which nothing else of that thread's comes between.
 */
static _Atomic uint64_t wanted;
static uint64_t longest;

void spprof_schedule_want(uint64_t interval_ns, bool first) {
    atomic_store_explicit(&wanted, interval_ns, memory_order_relaxed);
    longest = first || interval_ns > longest ? interval_ns : longest;
}

static uint64_t wanted_sigsafe(void) {
    return atomic_load_explicit(&wanted, memory_order_relaxed);
}

uint64_t spprof_schedule_longest(void) {
    return longest;
}

static uint64_t paid_of_sigsafe(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->paid_ns, memory_order_relaxed);
}

static uint64_t interval_of_sigsafe(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->interval_ns, memory_order_relaxed);
}

void spprof_schedule_begin(struct spprof_slot *slot, uint64_t from_ns, uint32_t random) {
    atomic_store_explicit(&slot->paid_ns, from_ns, memory_order_relaxed);
    atomic_store_explicit(&slot->interval_ns, wanted_sigsafe(), memory_order_relaxed);
    atomic_store_explicit(&slot->phase, random, memory_order_relaxed);
}

static uint64_t expiry_sigsafe(const struct spprof_slot *slot, uint64_t interval_ns) {
    uint64_t phase = atomic_load_explicit(&slot->phase, memory_order_relaxed);
    /* interval * phase / 2^32 in two parts: an interval of over 4 s would overflow as one. */
    uint64_t offset = (interval_ns >> 32) * phase + ((interval_ns & UINT32_MAX) * phase >> 32);
    return paid_of_sigsafe(slot) + 1 + offset; /* 0 would disarm a timer */
}

uint64_t spprof_schedule_next_sigsafe(const struct spprof_slot *slot) {
    return expiry_sigsafe(slot, interval_of_sigsafe(slot));
}

uint64_t spprof_schedule_pay_sigsafe(struct spprof_slot *slot, uint64_t expirations) {
    uint64_t cpu_ns = expirations * interval_of_sigsafe(slot);
    /* Not an exchange: there is no other writer while the timer exists. */
    atomic_store_explicit(&slot->paid_ns, paid_of_sigsafe(slot) + cpu_ns, memory_order_relaxed);
    return cpu_ns;
}

void spprof_schedule_settle(struct spprof_slot *slot, uint64_t cpu_ns) {
    atomic_store_explicit(&slot->paid_ns, paid_of_sigsafe(slot) + cpu_ns, memory_order_relaxed);
}

void spprof_schedule_follow_sigsafe(const struct spprof_engine *engine, struct spprof_slot *slot) {
    uint64_t interval_ns = wanted_sigsafe();
    if (interval_ns == interval_of_sigsafe(slot) ||
        atomic_load_explicit(&slot->resting, memory_order_relaxed)) {
        return; /* one that rests follows when its turn comes */
    }
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    uint64_t cpu_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    /*
     * An expiry that is due already may have its signal pending. Linux before 6.13 would deliver it
     * after the timer is set anew, to be paid at the wrong interval: so it comes first.
     */
    if (cpu_ns >= spprof_schedule_next_sigsafe(slot)) {
        return;
    }
    /*
     * Beside a teardown the timer may be deleted: then the kernel finds no timer of this number, as
     * it gives numbers out in turn, and nothing is owed.
     */
    if (engine->timer_set_sigsafe(&slot->timer, expiry_sigsafe(slot, interval_ns), interval_ns) ==
        0) {
        atomic_store_explicit(&slot->interval_ns, interval_ns, memory_order_relaxed);
    }
}

uint64_t spprof_schedule_due(const struct spprof_slot *slot, uint64_t cpu_ns) {
    uint64_t next = spprof_schedule_next_sigsafe(slot);
    uint64_t interval_ns = interval_of_sigsafe(slot);
    return cpu_ns >= next ? ((cpu_ns - next) / interval_ns + 1) * interval_ns : 0;
}
