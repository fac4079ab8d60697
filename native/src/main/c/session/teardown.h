/*
 * The teardown of a session's signals: eight steps, the same on every platform. What each is for,
 * and what happens without it, stands beside it in teardown.c and in docs/drain-protocol.md.
 *
 * Called by whoever ends a session, with the sampler's lock held, from an ordinary thread, never
 * from a handler. The gate may be open or closed.
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
    struct spprof_action before; /* what was there before */
    uint32_t deadline_ms;        /* for each wait: debuggers, then handlers in flight */
    bool timer_lives; /* out: the error is the one of a timer that could not be deleted */
    bool replaced; /* out: somebody else had installed another action meanwhile; theirs was left */
};

/*
 * Closes the gate, if it is open: 0 once no handler that entered before is in flight, or
 * -ETIMEDOUT. What the caller wrote before is seen by every handler that enters after.
 */
int spprof_teardown_await_handlers(uint32_t deadline_ms);

/*
 * 0: no timer, no pending signal and no handler of ours is left, and the action from before is
 * back. -ETIMEDOUT: a handler is still in flight; nothing that it uses may be freed; may be called
 * again. -EBUSY: as -ETIMEDOUT, a debugger holds a thread at a signal. Any other -errno: as
 * -ETIMEDOUT, from the system call that failed.
 */
int spprof_teardown(struct spprof_teardown *teardown);

#endif
