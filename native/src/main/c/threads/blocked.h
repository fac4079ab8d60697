/*
 * Finds threads that block the sampling signal, for a warning to the user. Some libraries block
 * every signal in their own threads. If the JVM's parent process blocked the signal, all threads of
 * the JVM block it. The timer of a thread that blocks the signal expires, but the signal stays
 * pending and no handler runs, so the thread is not sampled. Each check counts the CPU time that
 * these threads have used as not signalled. The check leaves out the last expiry, for which the
 * pending signal stands. If a thread unblocks the signal later, its one sample stands for the CPU
 * time that was not counted by then.
 *
 * Asking the system whether a thread blocks the signal is slow. The check therefore asks only about
 * suspects: threads whose CPU clock is far past their next expiry. A thread that does not block the
 * signal can also be a suspect, while it runs in the kernel for long.
 *
 * With a process's timer, no expiry belongs to a thread, and the engine lists only Java threads. On
 * a system that lists threads, such as Linux, about one check in five reads the system's list. It
 * asks about a thread once for each 50 ms of CPU time that the thread has used. The number of
 * questions is therefore proportional to the CPU time, whatever the number of threads. A thread
 * that is checked this way is a watched thread; it has a slot (slots.h) but no timer. A thread can
 * block the signal for a moment: in the profiler's own handler, or while it makes another thread. A
 * watched thread is therefore reported only after three answers in a row that it blocks the signal.
 * Between two answers the thread uses 50 ms of CPU time, so they do not come from one such moment.
 *
 * All functions are called with the lock of thread_state.h held, never in a signal handler.
 */
#ifndef SPPROF_BLOCKED_H
#define SPPROF_BLOCKED_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/platform.h"
#include "threads/slots.h"

/* Prepares the checks. Called when a session begins. */
void spprof_blocked_begin(const struct spprof_engine *engine);

/*
 * Makes a check of the suspects, using the clocks of the last spprof_unseen_look. If `all` is true,
 * checks every thread. A thread that waits for one of the profiler's locks blocks the signal
 * meanwhile. With `all`, such a thread can be reported until its next signal.
 */
void spprof_blocked_look(bool all);

/* Counts the slot's thread if it blocked the signal until now. Called when the thread is gone. */
void spprof_blocked_leave(const struct spprof_slot *slot);

/* Releases the slots of watched threads. Called when the session ends. */
void spprof_blocked_end(void);

/*
 * Describes in `text` the threads of this session that block the signal, or that blocked it until
 * they ended. The text is ASCII, for instance "2 threads: a, b". Returns false if there are no such
 * threads.
 */
bool spprof_blocked_describe(char *text, size_t size);

#endif
