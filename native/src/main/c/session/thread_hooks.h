/*
 * The hooks: the profiler's code that runs on the application's threads when these threads start,
 * end and exit. JVMTI's ThreadStart and ThreadEnd call a hook, and so does the destructor of a
 * thread-specific key. The hooks do as little as possible, and their cost is counted. They take the
 * lock of thread_state.h for a part of their work. No lock is held when they are called.
 *
 *   ThreadStart
 *     Gives the thread a slot (its entry in the table of threads, slots.h) and a timer. The thread
 *     is sampled from its first instruction on.
 *
 *   ThreadEnd
 *     Settles the CPU time that is due on the thread's timer, that is, expired and not signalled.
 *     To settle means to write one sample without a stack. Reads the thread's name if the thread
 *     was sampled since its name was last read, or may be sampled before it exits. The timer stays,
 *     because the thread is a native thread from here on: it exits, or continues outside of the
 *     JVM, or attaches to the JVM again. Some native code attaches for every call; from the second
 *     time on, this costs a few stores.
 *
 *   Exit
 *     Settles what is due, and deletes the timer. ThreadEnd sets the key (exit_key.h) that
 *     causes this call. For a native thread, the handler sets the key when the thread is signalled.
 *
 * The exit hook does not run in three cases: for threads that were never signalled; for threads
 * that do not end through the C library; and while timers are late. A search (sweep.h) finds that
 * these threads are gone. The CPU time that a thread uses after its exit hook, mostly in the
 * kernel, is unseen: no signal stands for it (unseen.h).
 *
 * Late timers are used when starts and ends of threads cost more than the budget allows. A thread
 * that starts then gets only a slot, and the next sweep (sweep.h) gives it a timer. This timer
 * expires at once, for the CPU time used until then. If the thread ends before the sweep, its CPU
 * time is settled at its end, like CPU time that is due on a timer. No CPU time is lost. Only the
 * stacks of threads that live for less than the time between two sweeps are lost.
 *
 * Unheard starts are used when even late timers cost too much. ThreadStart is switched off, so the
 * JVM does not report the start. Sweeps find the threads while they live, and java_threads.c gives
 * them their JNIEnv. ThreadEnd stays on, because a thread that has a JNIEnv must drop it there. A
 * thread without a slot leaves ThreadEnd at once, without taking the lock. Its CPU time counts as
 * unseen.
 */
#ifndef SPPROF_THREAD_HOOKS_H
#define SPPROF_THREAD_HOOKS_H

#include <stdbool.h>

struct spprof_thread_name; /* thread_name.h */

/* Copies the name of the calling thread and its number. Returns false if it has no name. */
typedef bool (*spprof_name_reader)(void *context, struct spprof_thread_name *name);

/* The hooks of ThreadStart and ThreadEnd. `env` is the thread's JNIEnv. `read` reads the thread's
 * name. At a start, `read` is NULL if name looks (thread_name.h) can read the names of Java
 * threads. */
void spprof_thread_started(void *env, spprof_name_reader read, void *context);
void spprof_thread_ended(spprof_name_reader read, void *context);

/* What happens to threads that start: they get their timer at once, they get it late, or their
 * start is unheard (see the beginning of this file). SampleLayout has the same numbers. */
enum spprof_thread_starts {
    SPPROF_STARTS_TIMED = 0,
    SPPROF_STARTS_LATE = 1,
    SPPROF_STARTS_UNHEARD = 2, /* the caller switches the ThreadStart event off */
};

/* Chooses what happens to threads that start from now on. The choice is TIMED when a session
 * begins. */
void spprof_thread_starts(enum spprof_thread_starts starts);

/* Makes the keys. Called when the library is loaded. */
void spprof_thread_hooks_load(void);

#endif
