#include "session/drain.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "base/gate.h"
#include "platform/platform.h"
#include "threads/threads.h"

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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

int spprof_drain_await_handlers(uint32_t deadline_ms) {
    /*
     * It is closed already. But a handler that enters either comes before this read-modify-write of
     * the word, and is waited for, or after it, and sees what was written before it.
     */
    spprof_gate_close();
    return wait_until_nobody_is_in_flight(deadline_ms);
}

/* Installs `action`. If what was there is not what we had put there, theirs comes back. */
static int exchange(struct spprof_drain *drain, const struct spprof_action *expected,
                    const struct spprof_action *action) {
    struct spprof_action old;
    int error = spprof_action_put_sigsafe(drain->signal, action, &old);
    if (error == 0 && !spprof_action_same_handler(&old, expected)) {
        drain->replaced = true;
        error = spprof_action_put_sigsafe(drain->signal, &old, NULL);
    }
    return error;
}

/* As exchange, but looks first: theirs is not touched, unless it comes between the two calls. */
static int replace_ours(struct spprof_drain *drain, const struct spprof_action *action) {
    struct spprof_action found;
    int error = spprof_action_get(drain->signal, &found);
    if (error != 0) {
        return error;
    }
    if (!spprof_action_same_handler(&found, &drain->ours)) {
        drain->replaced = true;
        return 0;
    }
    return exchange(drain, &drain->ours, action);
}

static int discard_pending(struct spprof_drain *drain) {
    struct spprof_action ignore = {0};
    spprof_action_set_ignore(&ignore);
    int error = replace_ours(drain, &ignore);
    if (error != 0 || drain->replaced) {
        return error; /* what is pending is theirs now, too */
    }
    /*
     * At once: a child that is started between the two inherits SIG_IGN for its life. Ours, which
     * is inert, stands in until step 7, as steps 5 and 6 can take long.
     */
    error = exchange(drain, &ignore, &drain->ours);
    if (error != 0 || drain->replaced) {
        return error;
    }
    /* And, for what a system kept all the same, the caller's own. */
    return drain->engine->drain_pending(drain->signal);
}

/* A test builds this file once with each step left out, and sees what goes wrong. */
#ifndef SPPROF_LEAVE_OUT
#define SPPROF_LEAVE_OUT 0
#endif
#define STEP(number) (SPPROF_LEAVE_OUT != (number))

static int close_gate_and_drain(struct spprof_drain *drain) {
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
        drain->timer_lives = error != 0;
    }
    if (STEP(4) && error == 0) {
        /* Ignored for an instant: the kernel discards what is pending, on every thread, blocked or
         * not (POSIX, sigaction). */
        error = discard_pending(drain);
    }
    if (STEP(5) && error == 0 && !drain->replaced) {
        /*
         * A thread that took its signal before step 4 has read the action since, and found ours.
         * After step 4, as no thread can take another from then on; before step 7, whose action it
         * must not find.
         */
        error = drain->engine->await_delivery(drain->deadline_ms);
    }
    if (STEP(6) && error == 0) {
        /* Handlers that entered before are done; their records are complete. */
        error = wait_until_nobody_is_in_flight(drain->deadline_ms);
    }
    if (STEP(7) && error == 0 && !drain->replaced) {
        /* With nothing armed, pending or on its way, and nobody inside, even SIG_DFL, which kills,
         * is safe. */
        error = replace_ours(drain, &drain->before);
    }
    if (STEP(6) && error == 0) {
        /* Somebody else's signal may have entered ours until now: it leaves, and is counted. */
        error = wait_until_nobody_is_in_flight(drain->deadline_ms);
    }
    return error;
}

int spprof_drain(struct spprof_drain *drain) {
    drain->replaced = false;
    drain->timer_lives = false;
    sigset_t set, mask;
    sigemptyset(&set);
    sigaddset(&set, drain->signal);

    if (STEP(1)) {
        /* The caller itself is not interrupted half-way, and can take what is pending for it. */
        int error = pthread_sigmask(SIG_BLOCK, &set, &mask);
        if (error != 0) {
            return -error;
        }
    }
    int error = close_gate_and_drain(drain);
    if (STEP(1) && STEP(8)) {
        int unmask_error = pthread_sigmask(SIG_SETMASK, &mask, NULL);
        error = error != 0 ? error : -unmask_error;
    }
    return error;
}
