#include "session/sigprof.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>

#include "base/failure.h"
#include "base/lock.h"
#include "jvm/jvmti_env.h"
#include "platform/timers.h"
#include "session/handler.h"

/* What our action replaced, if that was a handler, for ours to call. */
static struct sigaction previous;

static bool process_timer_is_set(void) {
    struct itimerval timer;
    return getitimer(ITIMER_PROF, &timer) == 0 &&
           (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0);
}

/* 0, or why ours may not be put in this action's place. */
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
    return one->sa_sigaction == two->sa_sigaction; /* a union with sa_handler */
}

/* Before ours is installed: there is no moment in which a signal of theirs is lost. */
static void pass_on_to(const struct sigaction *action) {
    bool is_handler = action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
    /* Not written while a handler may read it: then it is as it was. */
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
     * SA_RESTART: interrupted system calls go on. SA_ONSTACK: a thread that brought an alternate
     * stack did so because its own may be too small for any handler (Go's goroutines); others have
     * none.
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
        /* Installed between the two calls. Theirs gets its signals from us until it is back. */
        pass_on_to(&replaced);
        sigaction(SPPROF_SIGNAL, &replaced, NULL);
        return SPPROF_FAILED(SIGNAL_HELD, 0);
    }
    error = spprof_action_get(SPPROF_SIGNAL, ours);
    return error != 0 ? SPPROF_FAILED(SYSTEM, error) : 0;
}
