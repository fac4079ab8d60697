/*
 * The teardown: it ends the signals of a session in eight steps, which are the same on every
 * platform. teardown.c and docs/drain-protocol.md give the reason for each step, and what happens
 * without it.
 *
 * Called by the thread that ends a session, with the sampler's lock held, on ordinary threads,
 * never from a handler. The gate, the atomic word that admits handlers to a session (gate.h), may
 * be open or closed.
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
    struct spprof_action ours;   /* what the session installed, as the kernel has it */
    struct spprof_action before; /* the action that the session's action replaced */
    uint32_t deadline_ms;        /* for each wait: first for debuggers, then for handlers */
    bool timer_lives;            /* out: the error is that of a timer that could not be deleted */
    bool replaced; /* out: another library had installed its own action, which was left installed */
};

/*
 * Closes the gate, if it is open, and waits. Returns 0 once no handler that entered the gate before
 * is in flight, or -ETIMEDOUT. Every handler that enters later sees what the caller wrote before.
 */
int spprof_teardown_await_handlers(uint32_t deadline_ms);

/*
 * Makes the eight steps. Returns 0 when no timer, no pending signal and no handler of the session
 * is left, and the action from before is restored, unless `replaced` is set. -ETIMEDOUT: a handler
 * is still in flight; nothing that it uses may be freed, and the function may be called again.
 * -EBUSY: a debugger holds a thread at a signal; otherwise like -ETIMEDOUT. Any other -errno: a
 * system call failed; otherwise like -ETIMEDOUT.
 */
int spprof_teardown(struct spprof_teardown *teardown);

#endif
