/*
 * The signal handler. For each sampling signal it walks the stack of the interrupted thread and
 * writes one record into the ring. It runs on the interrupted thread, which may be in any code,
 * including malloc and the JVM's internals. It therefore calls only async-signal-safe functions and
 * the walker, takes no lock, and uses little stack (buffers.h).
 *
 * Every signal that enters the handler is counted as a signal, and then once more by its outcome:
 * as one committed sample or as one drop (counters.h). A signal that none of the profiler's timers
 * sent is a drop. The handler forwards it to the handler that was installed before the profiler's.
 * Only the signals of a measurement (signal_cost.h) are not counted.
 */
#ifndef SPPROF_HANDLER_H
#define SPPROF_HANDLER_H

#include <signal.h>
#include <stdbool.h>

#include "base/buffers.h"
#include "base/ring.h"
#include "platform/platform.h"
#include "threads/slots.h"
#include "walk/walk.h"

/*
 * The data of a session that the handler needs. It is set while the gate (gate.h) is closed and no
 * handler is in flight. A handler reads it after it has entered the open gate. A handler that finds
 * the gate closed reads only the atomic fields.
 */
struct spprof_handler_session {
    struct spprof_ring ring;
    struct spprof_buffers buffers;
    const struct spprof_walker *walker;
    int depth;   /* the maximum number of frames kept of a stack */
    bool native; /* threads without a Java stack are walked, too */
    /* Accesses are relaxed, because it is set before the profiler's action is installed, and no
     * handler runs earlier. */
    _Atomic(const struct spprof_engine *) engine;
    /* The action that the profiler's action replaced; NULL if that action had no handler. Its
     * handler gets the signals that none of the profiler's timers sent. */
    _Atomic(const struct sigaction *) previous;
};

extern struct spprof_handler_session spprof_handler_session;

/*
 * Writes a sample without a signal, for the CPU time `cpu_ns` that is due on a thread that ends.
 * The call counts as one signal, and its outcome as one sample or one drop. Called on the thread
 * that ends, while the gate is open, with the lock of thread_state.h held.
 */
void spprof_handler_settle(struct spprof_slot *slot, uint64_t cpu_ns);

void spprof_handler_sigsafe(int signal, siginfo_t *info, void *ucontext);

#endif
