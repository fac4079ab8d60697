/*
 * The signal handler: counts, walks, writes one record. Runs on the interrupted thread, which may
 * be anywhere, malloc and the JVM's insides included; so it calls nothing but async-signal-safe
 * functions and the walker, takes no lock, and keeps its stack small (buffers.h).
 *
 * Every signal that enters is counted and ends as one committed sample or one drop (counters.h).
 */
#ifndef SPPROF_HANDLER_H
#define SPPROF_HANDLER_H

#include <signal.h>

#include "buffers.h"
#include "ring.h"
#include "walk.h"

/* What a session gives the handler. Set while the gate is closed, read only behind the open gate.
 */
struct spprof_handler_session {
    struct spprof_ring ring;
    struct spprof_buffers buffers;
    const struct spprof_walker *walker;
    uint64_t interval_ns;
    int depth; /* frames kept of a stack */
};

extern struct spprof_handler_session spprof_handler_session;

/* One handler in so many has its CPU time measured; two clock readings cost some 0.4 us. */
#define SPPROF_TIMED_EVERY 8

void spprof_handler_sigsafe(int signal, siginfo_t *info, void *ucontext);

#endif
