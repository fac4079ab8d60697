/*
 * What the native side counts: one static block that Java reads through a direct buffer, without a
 * call.
 *
 * All figures grow from the library's loading on and are never set back (a session's are
 * differences); the two thread gauges are the exception. Every signal that enters the handler ends
 * as exactly one of `committed` or one of `dropped`, so that, whenever no handler is in flight,
 * signals = committed + the sum of dropped. A handler counts `signals` first and its outcome last;
 * a reader takes them in the opposite order and never sees more outcomes than signals.
 *
 * Written by handlers (signal-safe) and under the sampler's lock. The block is as long-lived as the
 * library.
 */
#ifndef SPPROF_COUNTERS_H
#define SPPROF_COUNTERS_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum spprof_drop {
    SPPROF_DROP_BUFFER_FULL,       /* no room in the ring */
    SPPROF_DROP_WALK_BUFFERS_BUSY, /* more handlers interrupted half-way than walk buffers */
    SPPROF_DROP_LATE,              /* entered after the gate was closed */
    SPPROF_DROP_FOREIGN,           /* not sent by a timer of ours */
    SPPROF_DROP_REASONS,
};

/* One handler, and one hook (thread_hooks.h), in so many has its CPU time measured; two clock
 * readings cost some 0.4 us. */
#define SPPROF_TIMED_EVERY 8

struct spprof_counters {
    _Atomic uint64_t signals;
    _Atomic uint64_t committed; /* samples published in the ring */
    _Atomic uint64_t dropped[SPPROF_DROP_REASONS];
    _Atomic uint64_t dropped_cpu_ns;     /* CPU time that the dropped signals stood for */
    _Atomic uint64_t unsignalled_cpu_ns; /* was due and never signalled: as a thread or a
                                            session ended, or as a thread blocks the signal */
    _Atomic uint64_t unseen_cpu_ns;      /* CPU time that no signal stands for: unseen.h */
    _Atomic uint64_t timed_handler_ns;   /* CPU time of one handler in SPPROF_TIMED_EVERY */
    _Atomic uint64_t timed_walk_ns;      /* what the walks took in these, by the monotonic clock */
    _Atomic uint64_t hooks;              /* starts and ends of threads that cost something */
    _Atomic uint64_t timed_hook_ns;      /* CPU time of one of them in SPPROF_TIMED_EVERY */
    _Atomic uint64_t threads_sampled;    /* gauge: threads with a timer */
    _Atomic uint64_t threads_failed;     /* gauge: threads that could not get one */
};

static_assert(sizeof(struct spprof_counters) == 15 * 8, "SampleLayout.COUNTERS_SIZE");

extern struct spprof_counters spprof_counters;

/* When the library is loaded; no handler is in flight. */
void spprof_counters_reset(void);

static inline uint64_t spprof_count_sigsafe(_Atomic uint64_t *counter, uint64_t by) {
    /* Relaxed would do for the sums; release keeps "signals first, outcome last" for readers. */
    return atomic_fetch_add_explicit(counter, by, memory_order_release);
}

#endif
