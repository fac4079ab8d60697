/*
 * Finds threads that block the sampling signal. Some libraries block every signal in their own
 * threads. If the JVM's parent process blocked the signal, all threads of the JVM do. The timer of
 * such a thread expires, the signal stays pending, and no handler runs, so the thread is not
 * sampled. Each check counts the CPU time that these threads used as not signalled, except for the
 * last expiration. If a thread unblocks the signal later, its one sample stands for the CPU time
 * that was not counted by then.
 *
 * Asking the system whether a thread blocks the signal is slow. So the check asks only about
 * suspects: threads whose CPU clock is far past their next expiry. A thread that does not block the
 * signal can be a suspect, too, while it runs in the kernel for long.
 *
 * With a process's timer no expiry belongs to a thread, and the engine knows Java threads only.
 * Where the system lists threads, as on Linux, about one check in five reads the system's list. It
 * asks about a thread once for each 50 ms of CPU time that the thread used. So the number of
 * questions is proportional to the CPU time, whatever the number of threads. Such a thread, which
 * has a slot (slots.h) but no timer, is a watched thread. A thread can block the signal for a
 * moment, for instance while it makes another thread. So a watched thread is reported only when the
 * next check finds the signal blocked again.
 *
 * All functions are called on ordinary threads, with the lock of thread_state.h held.
 */
#ifndef SPPROF_BLOCKED_H
#define SPPROF_BLOCKED_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/platform.h"
#include "threads/slots.h"

/* Called when a session begins. */
void spprof_blocked_begin(const struct spprof_engine *engine);

/*
 * Checks the suspects, using the clocks of the last spprof_unseen_look. With `all` it checks every
 * thread. A thread that waits for one of the profiler's locks blocks the signal meanwhile. So with
 * `all` such a thread can be reported, until its next signal.
 */
void spprof_blocked_look(bool all);

/* Called when the slot's thread is gone. */
void spprof_blocked_leave(const struct spprof_slot *slot);

/* Called when the session ends. */
void spprof_blocked_end(void);

/*
 * Describes in `text` the threads of this session that block the signal, or blocked it until they
 * ended. The text is ASCII, for instance "2 threads: a, b". Returns false if there are none.
 */
bool spprof_blocked_describe(char *text, size_t size);

#endif
