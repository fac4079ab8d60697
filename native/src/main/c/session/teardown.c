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
     * The gate may be closed already. This read-modify-write of the gate still orders every entry.
     * A handler either enters before it and is waited for, or enters after it and sees what was
     * written before it.
     */
    spprof_gate_close();
    return wait_until_nobody_is_in_flight(deadline_ms);
}

/*
 * Installs `action`. If the action that it replaced is not `expected`, another library had
 * installed its own action meanwhile. The function then installs the other library's action again.
 */
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

/* Installs `action` if the session's action is installed. The function checks this first, so that
 * it does not touch another library's action. If another library installs an action between the two
 * calls, see exchange. */
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
        return error; /* pending signals may now be for the other library's action */
    }
    /*
     * SIG_IGN is replaced at once, because a child process that is started meanwhile inherits
     * SIG_IGN for its whole life. The session's action stays installed until step 7, because steps
     * 5 and 6 can take long. Its handler does nothing while the gate is closed.
     */
    error = exchange(teardown, &ignore, &teardown->ours);
    if (error != 0 || teardown->replaced) {
        return error;
    }
    /* Some systems keep signals pending nevertheless. This call removes the caller's. */
    return teardown->engine->take_pending(teardown->signal);
}

/*
 * A test builds this file once for each step, with the step left out, and checks what goes wrong.
 */
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
         * After this step, no timer is left to send a signal. No new timer is made, because code
         * that makes timers checks the gate under the lock that this step takes.
         *
         * This step comes before step 4. Linux 6.13 and later keeps an ignored signal of an
         * existing timer, and sends the signal once it is no longer ignored.
         *
         * While a timer exists, the steps below are not made. The session's action must stay
         * installed, because with SIG_DFL the signal would kill the process.
         */
        error = spprof_threads_disarm();
        teardown->timer_lives = error != 0;
    }
    if (STEP(4) && error == 0) {
        /* The signal is ignored for a moment. The kernel then discards its pending instances on
         * every thread, even if the thread blocks the signal (POSIX, sigaction). */
        error = discard_pending(teardown);
    }
    if (STEP(5) && error == 0 && !teardown->replaced) {
        /*
         * After this step, every thread that took its signal before step 4 has read the action, and
         * has found the session's action. This step comes after step 4, because from then on no
         * thread can take another signal. It comes before step 7, because the thread must not find
         * the action that step 7 installs.
         */
        error = teardown->engine->await_delivery(teardown->deadline_ms);
    }
    if (STEP(6) && error == 0) {
        /*
         * After this step, handlers that entered before are done, and their records are complete.
         */
        error = wait_until_nobody_is_in_flight(teardown->deadline_ms);
    }
    if (STEP(7) && error == 0 && !teardown->replaced) {
        /* No timer is armed, no signal is pending or taken, and no handler is in flight. Even
         * SIG_DFL, with which the signal kills the process, is therefore safe. */
        error = replace_ours(teardown, &teardown->before);
    }
    if (STEP(6) && error == 0) {
        /* Until now, another sender's signal may have entered the session's handler. This call
         * waits until that handler has left, so that the signal is counted. */
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
        /* The signal cannot interrupt the caller within the steps, and the caller can take its own
         * pending signals. */
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
