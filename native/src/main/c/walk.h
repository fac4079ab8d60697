/*
 * A stack walker: reads the Java stack of the thread that a signal interrupted.
 *
 * `walk_sigsafe` is called from the handler, on the interrupted thread; `probe` once, from an
 * ordinary thread, before the walker is used.
 */
#ifndef SPPROF_WALK_H
#define SPPROF_WALK_H

#include <stdint.h>

#include "sample.h"

struct spprof_walker {
    const char *name;
    /* 0 if it can walk in this JVM, else -ENOSYS. */
    int (*probe)(void);
    /*
     * Writes at most `max` frames, leaf first, and returns how many; 0 or less if there are none,
     * with AsyncGetCallTrace's meaning (sample.h). `env` is the thread's own JNIEnv.
     */
    int (*walk_sigsafe)(void *ucontext, void *env, struct spprof_frame *frames, int max);
};

extern const struct spprof_walker spprof_walker_agct;

#endif
