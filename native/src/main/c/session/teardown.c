#include "session/teardown.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "base/clock.h"
#include "base/gate.h"
#include "platform/platform.h"
#include "threads/thread_timers.h"

static int64_t now_ms(void) {
    return (int64_t)(spprof_clock_ns_sigsafe(CLOCK_MONOTONIC) / SPPROF_NS_PER_MS);
}

static int wait_until_nobody_is_in_flight(uint32_t deadline_ms) {
    for (int i = 0; i < 1000; i++) {
        if (spprof_gate_in_flight() == 0) {
            return 0;
        }
    }
    int64_t deadline = now_ms() + deadline_ms;
    for (int i = 0; spprof_gate_in_flight() != 0; i++) {
        if (now_ms() >= deadline) {
            return -ETIMEDOUT;
        }
        if (i < 100) {
            sched_yield();
        } else {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
    return 0;
}

int spprof_teardown_await_handlers(uint32_t deadline_ms) {
    /*
     * It is closed already. But a handler that enters either comes before this read-modify-write of
     * the word, and is waited for, or after it, and sees what was written before it.
     */
    spprof_gate_close();
    return wait_until_nobody_is_in_flight(deadline_ms);
}

/* Installs `action`. If what was there is not what we had put there, theirs comes back. */
static int exchange(struct spprof_teardown *teardown, const struct spprof_action *expected,
                    const struct spprof_action *action) {
    struct spprof_action old;
    int error = spprof_action_put_sigsafe(teardown->signal, action, &old);
    if (error == 0 && !spprof_action_same_handler(&old, expected)) {
        teardown->replaced = true;
        error = spprof_action_put_sigsafe(teardown->signal, &old, NULL);
    }
    return error;
}

/* As exchange, but looks first: theirs is not touched, unless it comes between the two calls. */
static int replace_ours(struct spprof_teardown *teardown, const struct spprof_action *action) {
    struct spprof_action found;
    int error = spprof_action_get(teardown->signal, &found);
    if (error != 0) {
        return error;
    }
    if (!spprof_action_same_handler(&found, &teardown->ours)) {
        teardown->replaced = true;
        return 0;
    }
    return exchange(teardown, &teardown->ours, action);
}

static int discard_pending(struct spprof_teardown *teardown) {
    struct spprof_action ignore = {0};
    spprof_action_set_ignore(&ignore);
    int error = replace_ours(teardown, &ignore);
    if (error != 0 || teardown->replaced) {
        return error; /* what is pending is theirs now, too */
    }
    /*
     * At once: a child that is started between the two inherits SIG_IGN for its life. Ours, which
     * is inert, stands in until step 7, as steps 5 and 6 can take long.
     */
    error = exchange(teardown, &ignore, &teardown->ours);
    if (error != 0 || teardown->replaced) {
        return error;
    }
    /* And, for what a system kept all the same, the caller's own. */
    return teardown->engine->take_pending(teardown->signal);
}

/* A test builds this file once with each step left out, and sees what goes wrong. */
#ifndef SPPROF_LEAVE_OUT
#define SPPROF_LEAVE_OUT 0
#endif
#define STEP(number) (SPPROF_LEAVE_OUT != (number))

static int run_steps(struct spprof_teardown *teardown) {
    int error = 0;
    if (STEP(2)) {
        /* A handler that enters from here on counts itself as late and does nothing. */
        spprof_gate_close();
    }
    if (STEP(3)) {
        /*
         * No timer is left to send anything, and none is born: who makes timers asks the gate
         * under the lock that this takes. Before step 4, as the kernel (Linux 6.13 and later) parks
         * an ignored signal of a living timer and sends it once the signal is no longer ignored.
         * While one lives, nothing below is done: ours has to stay, as SIG_DFL kills.
         */
        error = spprof_threads_disarm();
        teardown->timer_lives = error != 0;
    }
    if (STEP(4) && error == 0) {
        /* Ignored for an instant: the kernel discards what is pending, on every thread, blocked or
         * not (POSIX, sigaction). */
        error = discard_pending(teardown);
    }
    if (STEP(5) && error == 0 && !teardown->replaced) {
        /*
         * A thread that took its signal before step 4 has read the action since, and found ours.
         * After step 4, as no thread can take another from then on; before step 7, whose action it
         * must not find.
         */
        error = teardown->engine->await_delivery(teardown->deadline_ms);
    }
    if (STEP(6) && error == 0) {
        /* Handlers that entered before are done; their records are complete. */
        error = wait_until_nobody_is_in_flight(teardown->deadline_ms);
    }
    if (STEP(7) && error == 0 && !teardown->replaced) {
        /* With nothing armed, pending or on its way, and nobody inside, even SIG_DFL, which kills,
         * is safe. */
        error = replace_ours(teardown, &teardown->before);
    }
    if (STEP(6) && error == 0) {
        /* Somebody else's signal may have entered ours until now: it leaves, and is counted. */
        error = wait_until_nobody_is_in_flight(teardown->deadline_ms);
    }
    return error;
}

int spprof_teardown(struct spprof_teardown *teardown) {
    teardown->replaced = false;
    teardown->timer_lives = false;
    sigset_t set, mask;
    sigemptyset(&set);
    sigaddset(&set, teardown->signal);

    if (STEP(1)) {
        /* The caller itself is not interrupted half-way, and can take what is pending for it. */
        int error = pthread_sigmask(SIG_BLOCK, &set, &mask);
        if (error != 0) {
            return -error;
        }
    }
    int error = run_steps(teardown);
    if (STEP(1) && STEP(8)) {
        int unmask_error = pthread_sigmask(SIG_SETMASK, &mask, NULL);
        error = error != 0 ? error : -unmask_error;
    }
    return error;
}
