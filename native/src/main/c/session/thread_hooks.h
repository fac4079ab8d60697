/*
 * What is done on the application's threads when they start, end and exit: JVMTI's ThreadStart and
 * ThreadEnd, and a thread-specific key's destructor, on the thread itself. It is as little as can
 * be, and what it costs is counted.
 *
 *   ThreadStart
 *     Gives the thread a slot and its timer: it is sampled from its first instruction on.
 *
 *   ThreadEnd
 *     What is due on its timer and was not signalled is settled: one sample without a stack. Its
 *     name is read if it was sampled since that was read last, or may be before it exits. The timer
 *     goes on, since it is a native thread from here on: it exits, or works on outside of the JVM,
 *     or will attach again (native code does so for every call), which costs a few stores
 *     from the second time on.
 *
 *   Exit
 *     What is due is settled as well; the timer goes. ThreadEnd sets the key; of a native thread,
 *     the handler does at its signals.
 *
 * Exits are not heard of threads that were not signalled, of those that do not end by way of the C
 * library, nor while timers are late; a search finds that they are gone. What a thread uses after
 * its exit was heard, in the kernel mostly, is unseen (unseen.h).
 *
 * Late timers, for when starts and ends cost more than they may: a thread that starts gets a slot
 * only, and its timer from the next sweep; that timer expires at once for what was used until then.
 * What a shorter life used is settled at its end like what is due on a timer. So no CPU time is
 * lost, only the stacks of threads that live for less than the time between two sweeps.
 *
 * Starts unheard, for when even that is too much: ThreadStart is switched off, so the JVM makes no
 * call. Sweeps find the threads that live, and java_threads.c gives them their JNIEnv. ThreadEnd
 * stays on: whoever has a JNIEnv drops it there. A thread without a slot leaves ThreadEnd at once,
 * without the lock; its CPU time counts as unseen (unseen.h).
 */
#ifndef SPPROF_THREAD_HOOKS_H
#define SPPROF_THREAD_HOOKS_H

#include <stdbool.h>

/* Copies the calling thread's name, modified UTF-8, SPPROF_NAME_ROOM bytes at most; false if it has
 * none. */
typedef bool (*spprof_name_reader)(void *context, char *name);

/* `env`: the thread's JNIEnv. `read` is NULL unless looks (thread_name.h) cannot read names. */
void spprof_thread_started(void *env, spprof_name_reader read, void *context);
void spprof_thread_ended(spprof_name_reader read, void *context);

/* What happens to threads that start; SampleLayout has the same numbers. */
enum spprof_thread_starts {
    SPPROF_STARTS_TIMED = 0,
    SPPROF_STARTS_LATE = 1,
    SPPROF_STARTS_UNHEARD = 2, /* the caller switches the event */
};

/* In the handler, on a native thread, by its timer's ticket: its exit is to be heard. */
void spprof_thread_hear_exit_sigsafe(void *ticket);

/* From now on. TIMED when a session begins. */
void spprof_thread_starts(enum spprof_thread_starts starts);

/* When the library is loaded. */
void spprof_thread_hooks_load(void);

#endif
