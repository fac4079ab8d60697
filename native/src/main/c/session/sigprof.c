#include "session/sigprof.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>

#include "base/failure.h"
#include "base/lock.h"
#include "jvm/jvmti_env.h"
#include "platform/timers.h"
#include "session/handler.h"

/* The action that the profiler's action replaced, if it had a handler. The profiler's handler
 * forwards to it all signals that none of the profiler's timers sent. */
static struct sigaction previous;

static bool process_timer_is_set(void) {
    struct itimerval timer;
    return getitimer(ITIMER_PROF, &timer) == 0 &&
           (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0);
}

/* Returns 0 if the profiler's action may replace the action `found`, otherwise the failure. */
static int refusal_of(const struct spprof_action *found) {
    if (!spprof_action_is_handler_sigsafe(found) ||
        spprof_action_is_sigsafe(found, spprof_handler_sigsafe)) {
        return 0;
    }
    int timers = spprof_timers_that_send(SPPROF_SIGNAL);
    if (spprof_jvmti_is_of_jvm(spprof_action_code(found))) {
        return timers > 0 ? SPPROF_FAILED(FLIGHT_RECORDER, 0) : 0;
    }
    return timers == 0 && !process_timer_is_set() ? SPPROF_FAILED(SIGNAL_LEFT, 0)
                                                  : SPPROF_FAILED(SIGNAL_HELD, 0);
}

static bool same_handler(const struct sigaction *one, const struct sigaction *two) {
    return one->sa_sigaction == two->sa_sigaction; /* shares a union with sa_handler */
}

/* Makes the profiler's handler forward other senders' signals to `action`. Called before the
 * profiler's action is installed, so that no signal for `action` is lost. */
static void pass_on_to(const struct sigaction *action) {
    bool is_handler = action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
    /* A handler may read `previous` at the same time, but only when `previous` already equals
     * `action`. It is not written then. */
    if (is_handler && memcmp(&previous, action, sizeof previous) != 0) {
        previous = *action;
    }
    atomic_store_explicit(&spprof_handler_session.previous, is_handler ? &previous : NULL,
                          memory_order_release);
}

static int system_error(void) {
    return SPPROF_FAILED(SYSTEM, -errno);
}

int spprof_sigprof_take(struct spprof_action *ours, struct spprof_action *before) {
    /*
     * SA_RESTART: interrupted system calls continue. SA_ONSTACK: if a thread has set up an
     * alternate stack, its own stack may be too small for a handler (Go's goroutines). Other
     * threads have no alternate stack.
     */
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK}, found, replaced;
    action.sa_sigaction = spprof_handler_sigsafe;
    sigemptyset(&action.sa_mask);

    struct spprof_action there;
    int error = spprof_action_get(SPPROF_SIGNAL, &there);
    if (error != 0) {
        return SPPROF_FAILED(SYSTEM, error);
    }
    error = refusal_of(&there);
    if (error != 0) {
        return error;
    }
    bool is_ours = spprof_action_is_sigsafe(&there, spprof_handler_sigsafe);
    if (!is_ours) {
        if (sigaction(SPPROF_SIGNAL, NULL, &found) != 0) {
            return system_error();
        }
        pass_on_to(&found);
        *before = there;
    }
    if (sigaction(SPPROF_SIGNAL, &action, &replaced) != 0) {
        return system_error();
    }
    if (!same_handler(&replaced, is_ours ? &action : &found)) {
        /* Another library installed its action between the two calls. The profiler's handler
         * forwards signals to this action until the action is installed again. */
        pass_on_to(&replaced);
        sigaction(SPPROF_SIGNAL, &replaced, NULL);
        return SPPROF_FAILED(SIGNAL_HELD, 0);
    }
    error = spprof_action_get(SPPROF_SIGNAL, ours);
    return error != 0 ? SPPROF_FAILED(SYSTEM, error) : 0;
}
