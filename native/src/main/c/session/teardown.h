/*
 * The teardown: it ends the signals of a session, so that afterwards no timer, no pending signal
 * and no handler of the session remains. It has eight steps, which are the same on every platform.
 * teardown.c and docs/drain-protocol.md give the reason for each step, and what happens without it.
 *
 * Called by the thread that ends a session, with the sampler's lock held; never in a signal
 * handler. The gate (gate.h), the atomic word that admits handlers to a session, may be open or
 * closed.
 */
#ifndef SPPROF_TEARDOWN_H
#define SPPROF_TEARDOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/action.h"
#include "platform/platform.h"

struct spprof_teardown {
    int signal;
    const struct spprof_engine *engine;
    struct spprof_action ours;   /* the action that the session installed, as the kernel has it */
    struct spprof_action before; /* the action that the session's action replaced */
    uint32_t deadline_ms;        /* for each wait: first for debuggers, then for handlers */
    bool timer_lives;            /* out: the error is that a timer could not be deleted */
    bool replaced; /* out: another library had installed its own action, which was left installed */
};

/*
 * Closes the gate, if it is open, and waits for handlers. Returns 0 once no handler that entered
 * the gate before is in flight, or -ETIMEDOUT. Every handler that enters later sees what the caller
 * wrote before the call.
 */
int spprof_teardown_await_handlers(uint32_t deadline_ms);

/*
 * Makes the eight steps. Returns 0 when no timer, no pending signal and no handler of the session
 * is left. The action from before is then restored, unless `replaced` is set. Otherwise returns an
 * error:
 * - -ETIMEDOUT: a handler is still in flight.
 * - -EBUSY: a debugger holds a thread at a signal.
 * - any other -errno: a system call failed.
 *
 * After an error, nothing that a handler uses may be freed, and the function may be called again.
 */
int spprof_teardown(struct spprof_teardown *teardown);

#endif
