#include "threads/schedule.h"

/*
 * The interval that threads should have. Accesses are relaxed, because a handler that still reads
 * the old interval applies the new one at its next signal.
 *
 * All other accesses in this file are relaxed, too, except those of `forgone`. The reason: a slot's
 * paid_ns, interval_ns and phase are written before its timer is armed. After that, only the
 * handler of the slot's thread writes them, and no other code of that thread runs in between.
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
    atomic_store_explicit(&slot->forgone, 0, memory_order_relaxed);
}

uint64_t spprof_schedule_next_sigsafe(const struct spprof_slot *slot) {
    uint64_t interval_ns = interval_of_sigsafe(slot);
    uint64_t phase = atomic_load_explicit(&slot->phase, memory_order_relaxed);
    /* interval * phase / 2^32, computed in two parts: a single product would overflow for intervals
     * of more than 4 s. */
    uint64_t offset = (interval_ns >> 32) * phase + ((interval_ns & UINT32_MAX) * phase >> 32);
    return paid_of_sigsafe(slot) + 1 + offset; /* + 1, because 0 would disarm the timer */
}

/*
 * How two threads update `forgone`. It is a word of 8 bytes that holds a number of expiries, and
 * in its lowest bits a count of payments. A payment first stores paid_ns, and then changes the
 * word. spprof_schedule_forgo first reads the word, then computes what is due, and adds to the word
 * only if the word has not changed. If the word has changed, a payment came in between, perhaps for
 * the expiries that were to be added. If the word has not changed, the next payment sees the
 * added expiries.
 */
#define PAYMENT_BITS 24
#define PAYMENTS ((UINT64_C(1) << PAYMENT_BITS) - 1)

static uint64_t forgone_of_sigsafe(uint64_t word) {
    return word >> PAYMENT_BITS;
}

/* Pays `cpu_ns`. Returns how many of the paid expiries were forgone, at most `most`. */
static uint64_t pay_sigsafe(struct spprof_slot *slot, uint64_t cpu_ns, uint64_t most) {
    /* No exchange is needed, because there is no other writer while the timer exists. */
    atomic_store_explicit(&slot->paid_ns, paid_of_sigsafe(slot) + cpu_ns, memory_order_relaxed);
    uint64_t word = atomic_load_explicit(&slot->forgone, memory_order_relaxed);
    uint64_t taken, left;
    do {
        taken = forgone_of_sigsafe(word) < most ? forgone_of_sigsafe(word) : most;
        left = (forgone_of_sigsafe(word) - taken) << PAYMENT_BITS | ((word + 1) & PAYMENTS);
        /* This release pairs with the acquire in spprof_schedule_forgo: a thread that sees the new
         * word also sees the new paid_ns. */
    } while (!atomic_compare_exchange_weak_explicit(&slot->forgone, &word, left,
                                                    memory_order_release, memory_order_relaxed));
    return taken;
}

uint64_t spprof_schedule_pay_sigsafe(struct spprof_slot *slot, uint64_t expiries) {
    uint64_t interval_ns = interval_of_sigsafe(slot);
    uint64_t forgone = pay_sigsafe(slot, expiries * interval_ns, expiries - 1);
    return (expiries - forgone) * interval_ns;
}

uint64_t spprof_schedule_settle(struct spprof_slot *slot, uint64_t cpu_ns) {
    uint64_t interval_ns = interval_of_sigsafe(slot);
    return cpu_ns - pay_sigsafe(slot, cpu_ns, cpu_ns / interval_ns) * interval_ns;
}

uint64_t spprof_schedule_forgo(struct spprof_slot *slot, uint64_t cpu_ns) {
    uint64_t word = atomic_load_explicit(&slot->forgone, memory_order_acquire);
    uint64_t interval_ns = interval_of_sigsafe(slot);
    uint64_t due = spprof_schedule_due(slot, cpu_ns) / interval_ns;
    if (due <= forgone_of_sigsafe(word) + 1) {
        return 0;
    }
    uint64_t more = due - 1 - forgone_of_sigsafe(word);
    /* Relaxed order is enough: no other data is published with the word. */
    bool added = atomic_compare_exchange_strong_explicit(
        &slot->forgone, &word, word + (more << PAYMENT_BITS), memory_order_relaxed,
        memory_order_relaxed);
    return added ? more * interval_ns : 0;
}

uint64_t spprof_schedule_forgone(const struct spprof_slot *slot) {
    uint64_t word = atomic_load_explicit(&slot->forgone, memory_order_relaxed);
    return forgone_of_sigsafe(word) * interval_of_sigsafe(slot);
}

void spprof_schedule_follow_sigsafe(const struct spprof_engine *engine, struct spprof_slot *slot) {
    uint64_t interval_ns = wanted_sigsafe();
    if (interval_ns == interval_of_sigsafe(slot) ||
        atomic_load_explicit(&slot->resting, memory_order_relaxed) ||
        spprof_schedule_forgone(slot) > 0) {
        /* A resting thread applies the interval at its turn. Forgone expiries were counted at
         * the present interval, so this interval stays until they are paid. */
        return;
    }
    /*
     * The timer is set even if its next expiry is due already. To wait for a handler in which
     * nothing is due would not do. The kernel makes the signals at its tick. If the interval
     * divides the time between two ticks, each signal of a busy thread comes equally long before
     * the next expiry. If this is less than a handler's delay, the thread would keep the old
     * interval for minutes. If a signal is pending now, spprof_schedule_expiries_sigsafe finds what
     * it stands for.
     *
     * The interval is stored first. Another thread that sets this timer at the same time
     * (thread_timers.c) then either sees the interval, or its setting is replaced by this one.
     *
     * A teardown that runs at the same time may have deleted the timer. The kernel gives out the
     * numbers of timers in turn, so it then finds no timer with this number, and nothing needs to
     * be done.
     */
    atomic_store_explicit(&slot->interval_ns, interval_ns, memory_order_relaxed);
    engine->timer_set_sigsafe(&slot->timer, spprof_schedule_next_sigsafe(slot), interval_ns);
}

uint64_t spprof_schedule_expiries_sigsafe(const struct spprof_slot *slot, uint64_t expiries,
                                          uint64_t cpu_ns) {
    uint64_t due = spprof_schedule_due(slot, cpu_ns) / interval_of_sigsafe(slot);
    return expiries < due ? expiries : due;
}

uint64_t spprof_schedule_due(const struct spprof_slot *slot, uint64_t cpu_ns) {
    uint64_t next = spprof_schedule_next_sigsafe(slot);
    uint64_t interval_ns = interval_of_sigsafe(slot);
    return cpu_ns >= next ? ((cpu_ns - next) / interval_ns + 1) * interval_ns : 0;
}
