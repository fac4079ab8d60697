/*
 * Threads that block the sampling signal, as some libraries' own threads do with every signal, and
 * as all threads of a JVM do whose parent blocked it. Their timers expire, the signal waits, and no
 * handler runs: nothing is sampled.
 *
 * Whether a thread blocks it is asked of the system, which is slow, so only about suspects: those
 * whose CPU clock is far past the expiry that is due. A thread can be one that does not block it,
 * while it is in the kernel for long.
 *
 * Everything here is called by threads.c with its lock.
 */
#ifndef SPPROF_BLOCKED_H
#define SPPROF_BLOCKED_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/platform.h"
#include "slots.h"

/* A session begins. */
void spprof_blocked_begin(const struct spprof_engine *engine);

/*
 * Looks at the suspects, by the clocks of the last spprof_unseen_look; with `all` at every thread.
 * One that waits for a lock of ours blocks it meanwhile: with `all` it can be named, until its next
 * signal.
 */
void spprof_blocked_look(bool all);

/* The slot's thread is gone. */
void spprof_blocked_leave(const struct spprof_slot *slot);

/*
 * Describes the threads of this session that block the signal, or did so to their end: in `text`,
 * ASCII, "2 threads: a, b". False if there are none.
 */
bool spprof_blocked_describe(char *text, size_t size);

#endif
