#include "session/handler.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/gate.h"
#include "session/exit_key.h"
#include "session/signal_cost.h"
#include "threads/schedule.h"
#include "threads/thread_name.h"
#include "threads/threads.h"

struct spprof_handler_session spprof_handler_session;

static void drop_sigsafe(enum spprof_drop reason, uint64_t cpu_ns) {
    spprof_count_sigsafe(&spprof_counters.dropped_cpu_ns, cpu_ns);
    spprof_count_sigsafe(&spprof_counters.dropped[reason], 1);
}

/* Writes a sample of the slot's thread into the ring. Counts it as committed, or as a drop if the
 * ring is full. Returns whether it was written. */
static bool write_record_sigsafe(const struct spprof_slot *slot, uint64_t cpu_ns, int walk,
                                 uint8_t flags, const uint64_t *words, uint32_t count) {
    uint32_t payload = count * (uint32_t)sizeof *words;
    uint32_t size = spprof_record_size(payload);
    spprof_thread_name_mark_sigsafe(slot); /* comes before the record is in the ring */
    struct spprof_record *record =
        spprof_ring_reserve_sample_sigsafe(&spprof_handler_session.ring, size);
    if (record == NULL) {
        drop_sigsafe(SPPROF_DROP_BUFFER_FULL, cpu_ns);
        return false;
    }
    record->type = SPPROF_RECORD_SAMPLE;
    record->flags = flags;
    record->walk = (int16_t)walk;
    record->thread = atomic_load_explicit(&slot->serial, memory_order_relaxed);
    record->words = count;
    record->time_ns = spprof_clock_ns_sigsafe(CLOCK_MONOTONIC);
    record->cpu_ns = cpu_ns;
    if (count > 0) {
        memcpy(record + 1, words, payload);
    }
    spprof_ring_publish_sigsafe(record, size);
    spprof_count_sigsafe(&spprof_counters.committed, 1);
    return true;
}

static void walk_and_write_sigsafe(const struct spprof_slot *slot, uint64_t cpu_ns,
                                   const struct spprof_walker *walker, struct spprof_walk *walk,
                                   bool timed) {
    if (timed) { /* reading this clock is no system call, so it costs little beside the walk */
        uint64_t before = spprof_clock_ns_sigsafe(CLOCK_MONOTONIC);
        walker->walk_sigsafe(walk);
        spprof_count_sigsafe(&spprof_counters.timed_walk_ns,
                             spprof_clock_ns_sigsafe(CLOCK_MONOTONIC) - before);
    } else {
        walker->walk_sigsafe(walk);
    }
    if (walk->ring_full) {
        drop_sigsafe(SPPROF_DROP_BUFFER_FULL, cpu_ns);
        return;
    }
    uint8_t flags = walk->flags | (walk->env == NULL ? SPPROF_FLAG_NATIVE : 0);
    if (write_record_sigsafe(slot, cpu_ns, walk->result, flags, walk->words, walk->count) &&
        walker->published_sigsafe != NULL) {
        walker->published_sigsafe(walk);
    }
}

/* Returns whether ThreadEnd has run on the thread since the last call, in the case that the thread
 * kept its timer. Returns true once for each such ThreadEnd. */
static bool has_left_sigsafe(struct spprof_slot *slot) {
    /* Relaxed order is enough, and no exchange is needed: only the slot's thread and its handler
     * write the flag. */
    bool left = atomic_load_explicit(&slot->left, memory_order_relaxed);
    if (left) {
        atomic_store_explicit(&slot->left, false, memory_order_relaxed);
    }
    return left;
}

static void sample_sigsafe(struct spprof_slot *slot, uint64_t cpu_ns, bool timed, void *ucontext) {
    struct spprof_handler_session *session = &spprof_handler_session;
    /* This acquire pairs with the release of the code that stored the JNIEnv. */
    void *env = atomic_load_explicit(&slot->env, memory_order_acquire);
    if (env == NULL) {
        bool exiting =
            atomic_load_explicit(&slot->exiting, memory_order_acquire) || has_left_sigsafe(slot);
        if (exiting || !session->native) {
            write_record_sigsafe(slot, cpu_ns,
                                 exiting ? SPPROF_WALK_THREAD_EXIT : SPPROF_WALK_NATIVE_THREAD,
                                 exiting ? 0 : SPPROF_FLAG_NATIVE, NULL, 0);
            return;
        }
    }
    if (((uintptr_t)env & SPPROF_ENV_IN_HOOK) != 0) {
        write_record_sigsafe(slot, cpu_ns, SPPROF_WALK_NO_JAVA_FRAME, 0, NULL, 0);
        return;
    }
    int number = spprof_buffers_claim_sigsafe(&session->buffers);
    if (number < 0) {
        drop_sigsafe(SPPROF_DROP_WALK_BUFFERS_BUSY, cpu_ns);
        return;
    }
    struct spprof_walk walk;
    walk.ucontext = ucontext;
    walk.env = env;
    walk.words = spprof_buffers_get_sigsafe(&session->buffers, number);
    walk.depth = (uint32_t)session->depth;
    walk.ring_full = false;
    walk_and_write_sigsafe(slot, cpu_ns, session->walker, &walk, timed);
    spprof_buffers_release_sigsafe(&session->buffers, number);
}

/* Calls another handler of the signal as the kernel would have called it, except for SA_RESETHAND
 * and SA_ONSTACK. */
static void forward_sigsafe(const struct sigaction *to, int signal, siginfo_t *info,
                            void *ucontext) {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, &to->sa_mask, &mask);
    if ((to->sa_flags & SA_SIGINFO) != 0) {
        to->sa_sigaction(signal, info, ucontext);
    } else {
        to->sa_handler(signal);
    }
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static bool is_native_sigsafe(const struct spprof_slot *slot) {
    return atomic_load_explicit(&slot->env, memory_order_relaxed) == NULL &&
           !atomic_load_explicit(&slot->exiting, memory_order_relaxed) &&
           !atomic_load_explicit(&slot->left, memory_order_relaxed);
}

/* Handles a signal of one of the profiler's timers. If each thread has its timer, pays for the
 * signal's expiries: the CPU time that they stand for counts as accounted for (schedule.h). Then
 * writes a sample, or drops the signal: if the gate was closed, if nothing is due, or if there is
 * no room. */
static void handle_sigsafe(const struct spprof_engine *engine, struct spprof_slot *slot,
                           const struct spprof_signal *signal, bool open, bool timed,
                           void *ucontext) {
    uint64_t before =
        timed || engine->timer_a_thread ? spprof_clock_ns_sigsafe(CLOCK_THREAD_CPUTIME_ID) : 0;
    uint64_t cpu_ns = signal->cpu_ns, expiries = 1;
    if (engine->timer_a_thread) {
        expiries = spprof_schedule_expiries_sigsafe(slot, signal->expiries, before);
        cpu_ns = expiries > 0 ? spprof_schedule_pay_sigsafe(slot, expiries) : 0;
    }
    if (!open || expiries == 0) {
        drop_sigsafe(SPPROF_DROP_LATE, cpu_ns);
        return;
    }
    if (engine->timer_a_thread) {
        spprof_schedule_follow_sigsafe(engine, slot);
        if (is_native_sigsafe(slot)) {
            spprof_exit_key_set_sigsafe(signal->value);
        }
    }
    sample_sigsafe(slot, cpu_ns, timed, ucontext);
    if (timed) {
        spprof_count_sigsafe(&spprof_counters.timed_handler_ns,
                             spprof_clock_ns_sigsafe(CLOCK_THREAD_CPUTIME_ID) - before);
    }
}

void spprof_handler_settle(struct spprof_slot *slot, uint64_t cpu_ns) {
    spprof_count_sigsafe(&spprof_counters.signals, 1);
    write_record_sigsafe(slot, cpu_ns, SPPROF_WALK_THREAD_EXIT, 0, NULL, 0);
}

void spprof_handler_sigsafe(int number, siginfo_t *info, void *ucontext) {
    if (spprof_signal_cost_is_own_sigsafe(info)) {
        return;
    }
    int saved_errno = errno;
    const struct spprof_handler_session *session = &spprof_handler_session;
    bool open = spprof_gate_enter_sigsafe();
    uint64_t count = spprof_count_sigsafe(&spprof_counters.signals, 1);
    struct spprof_signal signal = {0};
    struct spprof_slot *slot = NULL;
    bool stale = false;
    const struct sigaction *previous = NULL;
    const struct spprof_engine *engine =
        atomic_load_explicit(&session->engine, memory_order_relaxed);
    if (engine->signal_sigsafe(info, &signal)) {
        slot = spprof_threads_slot_sigsafe(engine, &signal, &stale);
    }
    if (slot != NULL) {
        handle_sigsafe(engine, slot, &signal, open, count % SPPROF_TIMED_EVERY == 0, ucontext);
    } else if (stale) {
        /* The signal's session counts its CPU time as not signalled. */
        drop_sigsafe(SPPROF_DROP_LATE, 0);
    } else {
        drop_sigsafe(SPPROF_DROP_FOREIGN, 0);
        previous = atomic_load_explicit(&session->previous, memory_order_acquire);
    }
    spprof_gate_leave_sigsafe();
    errno = saved_errno;
    if (previous != NULL) { /* called outside of the gate, because it may never return */
        forward_sigsafe(previous, number, info, ucontext);
    }
}
