/*
 * The signal handler: it counts the signal, walks the stack, and writes one record into the ring.
 * The handler runs on the interrupted thread, which may be in any code, including malloc and the
 * JVM's internals. So the handler calls only async-signal-safe functions and the walker, takes no
 * lock, and uses little stack (buffers.h).
 *
 * Every signal that enters the handler is counted, and is then counted once more: as one committed
 * sample or as one drop (counters.h). A signal that none of the profiler's timers sent is a drop,
 * and is forwarded to the handler that the profiler's replaced.
 */
#ifndef SPPROF_HANDLER_H
#define SPPROF_HANDLER_H

#include <signal.h>

#include "base/buffers.h"
#include "base/ring.h"
#include "platform/platform.h"
#include "threads/slots.h"
#include "walk/walk.h"

/*
 * The handler's data of a session. It is set while the gate (gate.h) is closed and no handler is in
 * flight. Handlers read it after they have entered the open gate. A handler that finds the gate
 * closed reads the atomic fields only.
 */
struct spprof_handler_session {
    struct spprof_ring ring;
    struct spprof_buffers buffers;
    const struct spprof_walker *walker;
    int depth; /* the most frames kept of a stack */
    /* Relaxed: it is set before the profiler's action is installed, and no handler runs earlier. */
    _Atomic(const struct spprof_engine *) engine;
    /* The action that the profiler's action replaced; NULL if it had no handler. Its handler gets
     * the signals that none of the profiler's timers sent. */
    _Atomic(const struct sigaction *) previous;
};

extern struct spprof_handler_session spprof_handler_session;

/*
 * Writes the sample for the CPU time `cpu_ns` that is due on a thread that ends. The call counts as
 * one signal, and ends as one sample or one drop. Called on that thread, while the gate is open and
 * with the lock of thread_state.h held.
 */
void spprof_handler_settle(struct spprof_slot *slot, uint64_t cpu_ns);

void spprof_handler_sigsafe(int signal, siginfo_t *info, void *ucontext);

#endif
