/*
 * Threads that block the sampling signal, as some libraries' own threads do with every signal, and
 * as all threads of a JVM do whose parent blocked it. Their timers expire, the signal waits, and no
 * handler runs: nothing is sampled. At each look what they used is counted as not signalled, all
 * but the last expiration: if a thread lets the signal in later, its one sample stands for what was
 * not counted by then.
 *
 * Whether a thread blocks it is asked of the system, which is slow, so only about suspects: those
 * whose CPU clock is far past the expiry that is due. A thread can be one that does not block it,
 * while it is in the kernel for long.
 *
 * With a process's timer no expiry is a thread's own, and the engine knows Java threads only. Where
 * the system lists threads, as Linux does, about one look in five goes through its list: a thread
 * is asked for each 50 ms of CPU time that it used. So the number of questions is in proportion to
 * the CPU time, however many threads there are. A thread can block the signal for a moment (while
 * it makes another thread, say), so it is believed when the next look finds the same.
 *
 * Everything here is called with the lock of thread_state.h.
 */
#ifndef SPPROF_BLOCKED_H
#define SPPROF_BLOCKED_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/platform.h"
#include "threads/slots.h"

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

/* The session ends. */
void spprof_blocked_end(void);

/*
 * Describes the threads of this session that block the signal, or did so to their end: in `text`,
 * ASCII, "2 threads: a, b". False if there are none.
 */
bool spprof_blocked_describe(char *text, size_t size);

#endif
