/*
 * The counters of the native side: one static block. Java reads the block through a direct buffer,
 * without a native call.
 *
 * All counters but the two thread gauges only grow from the library's loading on. The counts of one
 * session are the differences between two readings. Every signal that enters the handler is counted
 * exactly once in `committed` or in `dropped`. Whenever no handler is in flight (between entering
 * and leaving the gate, gate.h), signals = committed + the sum of dropped. A handler counts
 * `signals` first and the signal's outcome last. A reader reads the outcomes first and `signals`
 * last, so it never sees more outcomes than signals.
 *
 * The writers are signal handlers; hooks on threads that start, end or exit (thread_hooks.h); and
 * other code that holds the sampler's lock or the lock of thread_state.h. The block lives as long
 * as the library.
 */
#ifndef SPPROF_COUNTERS_H
#define SPPROF_COUNTERS_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* X(name): why a handler drops a signal. Java repeats the list: io.spprof.sampler.DropReason has a
 * constant for each reason, in the same order. A test compares the lists. */
#define SPPROF_DROPS(X)                                                                            \
    X(BUFFER_FULL)       /* no room in the ring */                                                 \
    X(WALK_BUFFERS_BUSY) /* other handlers held all walk buffers */                                \
    X(LATE)              /* gate closed, another session's number, or nothing due               */ \
    X(FOREIGN)           /* none of the profiler's timers sent the signal */

enum spprof_drop {
#define SPPROF_DROP_(name) SPPROF_DROP_##name,
    SPPROF_DROPS(SPPROF_DROP_)
#undef SPPROF_DROP_
        SPPROF_DROP_REASONS,
};

/* The CPU time of one handler, and of one hook (thread_hooks.h), in so many is measured. The two
 * readings of the clock cost some 0.4 us. */
#define SPPROF_TIMED_EVERY 8

struct spprof_counters {
    _Atomic uint64_t signals;
    _Atomic uint64_t committed;      /* samples published in the ring */
    _Atomic uint64_t dropped_cpu_ns; /* CPU time that the dropped signals stood for */
    /* CPU time that was due and never signalled, because a thread or session ended, or a thread
     * blocks the signal */
    _Atomic uint64_t unsignalled_cpu_ns;
    _Atomic uint64_t unseen_cpu_ns;    /* CPU time that no signal stands for: unseen.h */
    _Atomic uint64_t timed_handler_ns; /* CPU time of one handler in SPPROF_TIMED_EVERY */
    _Atomic uint64_t timed_walk_ns;    /* time of the walks in these handlers, CLOCK_MONOTONIC */
    _Atomic uint64_t hooks;            /* hooks that took more than a few stores */
    _Atomic uint64_t timed_hook_ns;    /* CPU time of one such hook in SPPROF_TIMED_EVERY */
    _Atomic uint64_t threads_sampled;  /* gauge: threads with a timer */
    _Atomic uint64_t threads_failed;   /* gauge: threads that could not get a timer */
    /* What the kernel says of the process; see kernel_times.h. */
    _Atomic uint64_t user_cpu_ns;
    _Atomic uint64_t system_cpu_ns;
    _Atomic uint64_t cpu_wait_ns;    /* time that threads waited for a CPU */
    _Atomic uint64_t cpu_wait_known; /* 1 once cpu_wait_ns could be read, otherwise 0 */
    /* This array is last, so that a new reason moves no other counter. */
    _Atomic uint64_t dropped[SPPROF_DROP_REASONS];
};

static_assert(offsetof(struct spprof_counters, dropped) == 15 * 8, "SampleLayout.DROPPED");

extern struct spprof_counters spprof_counters;

/* Sets all counters to 0. Called when the library is loaded, with no handler in flight. */
void spprof_counters_reset(void);

static inline uint64_t spprof_count_sigsafe(_Atomic uint64_t *counter, uint64_t by) {
    /* For the sums, relaxed order would be enough. Release keeps the order "signals first, outcome
     * last" for readers. */
    return atomic_fetch_add_explicit(counter, by, memory_order_release);
}

#endif
