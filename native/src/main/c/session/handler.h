/*
 * The signal handler: counts, walks, writes one record. Runs on the interrupted thread, which may
 * be anywhere, malloc and the JVM's insides included; so it calls nothing but async-signal-safe
 * functions and the walker, takes no lock, and keeps its stack small (buffers.h).
 *
 * Every signal that enters is counted and ends as one committed sample or one drop (counters.h).
 * One that none of our timers sent is a drop, and is passed on to the handler that ours replaced.
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
 * What a session gives the handler. Set while the gate is closed and nobody is in flight; read
 * behind the open gate. What is atomic a late handler reads, too.
 */
struct spprof_handler_session {
    struct spprof_ring ring;
    struct spprof_buffers buffers;
    const struct spprof_walker *walker;
    int depth; /* frames kept of a stack */
    /* Relaxed: set before our action is installed, which no handler comes before. */
    _Atomic(const struct spprof_engine *) engine;
    /* What our action replaced, NULL if that was no handler: gets the signals that are not ours. */
    _Atomic(const struct sigaction *) previous;
};

extern struct spprof_handler_session spprof_handler_session;

/*
 * Settles what is due on a thread that ends: counts as a signal, and ends as one sample or one
 * drop. On that thread, while the gate is open and the lock of thread_state.h is held.
 */
void spprof_handler_settle(struct spprof_slot *slot, uint64_t cpu_ns);

void spprof_handler_sigsafe(int signal, siginfo_t *info, void *ucontext);

#endif
