#include "threads/thread_timers.h"

#include <errno.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/failure.h"
#include "base/gate.h"
#include "threads/blocked.h"
#include "threads/schedule.h"
#include "threads/thread_state.h"
#include "threads/unseen.h"

static uint64_t random_state; /* under the lock */

/* Returns 32 random bits, by xorshift64* (Vigna 2016), which is good enough for the phase of a
 * timer. */
static uint32_t random_bits(void) {
    if (random_state == 0) {
        random_state = spprof_clock_ns_sigsafe(CLOCK_MONOTONIC) * UINT64_C(0x9E3779B97F4A7C15) | 1;
    }
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(random_state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

void spprof_thread_begin_clock_locked(struct spprof_slot *slot, uint64_t from_ns) {
    spprof_schedule_begin(slot, from_ns, random_bits());
}

/*
 * Arms the slot's timer, or sets it again, by the slot's schedule. The thread's handler may change
 * the interval at the same time, and set the timer, too. Then the timer is set once more. Relaxed
 * order is enough: the handler stores the interval before its call, and calls that set one timer
 * are ordered by the kernel's lock of the timer. So a handler whose setting this call has replaced
 * shows the new interval after the call.
 *
 * A handler may also pay at the same time, which moves the next expiry. The timer is not set again
 * for this: if a handler takes longer than the interval, each setting would signal at once, and the
 * repetition would never end. The timer then signals for an expiry that is paid already, for which
 * nothing is due (schedule.h), and goes on as the schedule does, whole intervals later.
 */
static int set_timer(const struct spprof_slot *slot) {
    uint64_t interval_ns;
    int error;
    do {
        interval_ns = atomic_load_explicit(&slot->interval_ns, memory_order_relaxed);
        error = spprof_threads.engine->timer_set_sigsafe(
            &slot->timer, spprof_schedule_next_sigsafe(slot), interval_ns);
    } while (error == 0 &&
             interval_ns != atomic_load_explicit(&slot->interval_ns, memory_order_relaxed));
    return error;
}

void spprof_thread_set_failed_locked(struct spprof_slot *slot, bool failed) {
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
 * Deletes the slot's timer. Returns 0 or -errno. If the system does not delete the timer, the slot
 * keeps it, and no other thread gets the slot until the timer is deleted. Sweeps try again, and no
 * teardown finishes before (teardown.c).
 */
static int delete_timer(struct spprof_slot *slot) {
    set_sampled(slot, false);
    int error = slot->timer.valid ? spprof_threads.engine->timer_delete(&slot->timer) : 0;
    if (error != 0) {
        spprof_threads.last_error = SPPROF_FAILED(TIMER_LIVES, error);
    }
    return error;
}

int spprof_thread_disarm_locked(struct spprof_slot *slot) {
    if (slot->timer.valid) {
        spprof_threads.engine->thread_cpu_ns(spprof_slot_id(slot),
                                             &slot->stopped_ns); /* unchanged if thread is gone */
    }
    return delete_timer(slot);
}

void spprof_thread_release_locked(struct spprof_slot *slot) {
    spprof_thread_disarm_locked(slot);
    spprof_thread_set_failed_locked(slot, false);
    spprof_slots_release(slot);
}

void spprof_thread_count_unsignalled_locked(const struct spprof_slot *slot) {
    if (spprof_threads.engine->timer_a_thread &&
        (slot->state == SPPROF_SLOT_LIVE || slot->state == SPPROF_SLOT_ENDED)) {
        uint64_t due = spprof_unseen_due(slot), forgone = spprof_schedule_forgone(slot);
        spprof_count_sigsafe(&spprof_counters.unsignalled_cpu_ns,
                             due > forgone ? due - forgone : 0);
    }
}

/* Expiries whose signal the thread blocked until its end are counted first. */
void spprof_thread_gone_locked(struct spprof_slot *slot) {
    spprof_thread_count_unsignalled_locked(slot);
    uint64_t seen_ns = spprof_unseen_leave(slot);
    spprof_threads.searched_ns += slot->searched ? seen_ns : 0;
    spprof_blocked_leave(slot);
}

/* Begins the schedule of a thread that gets a timer after it could not get one. The thread's CPU
 * time so far is counted as unseen, so it must not be sampled as well. */
static void begin_late(struct spprof_slot *slot) {
    uint64_t cpu = 0;
    spprof_threads.engine->thread_cpu_ns(spprof_slot_id(slot), &cpu);
    spprof_unseen_leave(slot);
    spprof_thread_begin_clock_locked(slot, cpu);
    spprof_unseen_enter(slot, cpu);
}

static int failure_to_set(int error) {
    return error == -EEXIST ? SPPROF_FAILED(TIMER_HELD, 0) : SPPROF_FAILED(TIMER_SET, error);
}

/* Leaves the thread without a timer for now. Its CPU time counts as unseen, and the next sweep
 * calls spprof_threads_arm_locked again. */
static void give_up_timer(struct spprof_slot *slot, int failure) {
    spprof_thread_disarm_locked(slot);
    spprof_threads.last_error = failure;
    spprof_thread_set_failed_locked(slot, true);
}

/* Gives up the slot's timer. Called when the timer could not be set, so that its next expiry is not
 * known. Leaves a thread that has ended to the next sweep. */
static void lose_timer(struct spprof_slot *slot, int error) {
    uint64_t cpu;
    if (spprof_threads.engine->thread_cpu_ns(spprof_slot_id(slot), &cpu) == 0) {
        atomic_store_explicit(&slot->resting, false, memory_order_relaxed);
        give_up_timer(slot, failure_to_set(error));
    }
}

void spprof_threads_arm_locked(struct spprof_slot *slot) {
    if (slot->sampled || slot->waits || !spprof_gate_is_open_sigsafe()) {
        return;
    }
    void *value = slot;
    if (spprof_threads.engine->timer_a_thread) {
        value = spprof_threads_ticket_locked(slot);
    }
    /* A timer that could not be deleted before is used again. */
    int error = slot->timer.valid ? 0
                                  : spprof_threads.engine->timer_create(
                                        &slot->timer, spprof_slot_id(slot), SPPROF_SIGNAL, value);
    int failure = SPPROF_FAILED(TIMER, error);
    if (error == 0) {
        if (slot->failed) {
            begin_late(slot);
        }
        spprof_thread_set_failed_locked(slot, false);
        atomic_store_explicit(&slot->resting, false, memory_order_relaxed);
        error = set_timer(slot);
        if (error == 0) {
            set_sampled(slot, true);
            return;
        }
        failure = failure_to_set(error);
    }
    uint64_t cpu;
    if (spprof_threads.engine->thread_cpu_ns(spprof_slot_id(slot), &cpu) == 0) {
        give_up_timer(slot, failure);
    } else {
        spprof_thread_gone_locked(slot); /* the thread ended meanwhile */
        spprof_thread_release_locked(slot);
    }
}

int spprof_thread_delete_left_timer_locked(struct spprof_slot *slot) {
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
        int failed = slot->state == SPPROF_SLOT_FREE ? 0
                     : slot->state == SPPROF_SLOT_UNDELETED
                         ? spprof_thread_delete_left_timer_locked(slot)
                         : spprof_thread_disarm_locked(slot);
        error = error != 0 ? error : failed;
    }
    spprof_threads_unlock();
    return error;
}

void spprof_threads_rest(uint32_t share, uint32_t turn) {
    spprof_threads_lock();
    for (uint32_t i = 0; spprof_threads.engine->timer_a_thread && i < spprof_slots_used(); i++) {
        struct spprof_slot *slot = spprof_slots_get(i);
        bool rests = (i + turn) % share != 0;
        if (slot->state != SPPROF_SLOT_LIVE || !slot->timer.valid ||
            rests == atomic_load_explicit(&slot->resting, memory_order_relaxed)) {
            continue;
        }
        /* A handler that has not seen this store yet may arm its timer once more. The thread is
         * then sampled until its next turn, and its signals are counted like any others. */
        atomic_store_explicit(&slot->resting, rests, memory_order_relaxed);
        int error =
            rests ? spprof_threads.engine->timer_set_sigsafe(&slot->timer, 0, 0) : set_timer(slot);
        if (error != 0) {
            lose_timer(slot, error);
        }
    }
    spprof_threads_unlock();
}

void spprof_threads_go_on_locked(struct spprof_slot *slot) {
    if (slot->timer.valid && !atomic_load_explicit(&slot->resting, memory_order_relaxed)) {
        int error = set_timer(slot);
        if (error != 0) {
            lose_timer(slot, error);
        }
    }
}

/* Deletes the slot's timer, and stores the reading `cpu_ns` of the thread's clock. */
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
    if (spprof_threads.engine->timer_a_thread) {
        end_clock(slot, cpu_ns);
        spprof_thread_set_failed_locked(slot, false);
        slot->state = SPPROF_SLOT_ENDED;
        spprof_threads.ended++;
    } else {
        spprof_thread_release_locked(slot); /* no sweep would release it; later signals of the
                                               thread count for the shared slot of threads.c */
    }
}
