/*
 * Adoption: gives a thread's slot (its entry in the table of threads, slots.h) the JNIEnv of its
 * Java thread. From then on, the handler walks the thread's Java stack. Most Java threads get their
 * JNIEnv in ThreadStart (thread_hooks.c). Adoption is for the others: Java threads that existed
 * before the session, and threads that started while ThreadStart was switched off ("unheard").
 *
 * java_threads.c asks the JVM for JNIEnvs and calls the functions whose names end in _locked;
 * sampler.c calls the other functions. The callers are the thread that starts a session, and the
 * profiler's collector thread (CollectorThread.java), never a signal handler. Functions whose names
 * end in _locked are called with the lock of thread_state.h held. The others take that lock.
 *
 * A thread can end while it is adopted. Before the first sweep (a check of all threads of the
 * process, sweep.h), threads are protected as java_threads.c describes. Later, the slot's `life`
 * shows that the thread has ended. `life` is a number that changes whenever the JVM's thread begins
 * or ends (spprof_threads_adopt_found_locked).
 */
#ifndef SPPROF_ADOPTION_H
#define SPPROF_ADOPTION_H

#include <stdbool.h>
#include <stdint.h>

/* Gives the slot of thread `id` the JNIEnv `env`. Has no effect after the session's first sweep. */
void spprof_threads_adopt_locked(uint64_t id, void *env);

/*
 * Records whether starts of threads are unheard (not reported) from now on; see thread_hooks.h.
 * Once starts were unheard, threads without a reported start are expected until the session ends.
 * When a session begins, starts are not unheard.
 */
void spprof_threads_starts_unheard(bool unheard);
/* Returns whether there may be Java threads whose start was not reported. Called after a sweep or a
 * search (sweep.h); `swept` is true after a sweep. While it returns true, new threads without a
 * JNIEnv wait for their timer until spprof_threads_adopted. This function is called after the
 * attempt to adopt them. */
bool spprof_threads_worth_adopting(bool swept);
void spprof_threads_adopted(void);

/* Identifies a thread without a JNIEnv that a sweep found. The two numbers are copied from the
 * slot. Comparing them later shows whether the slot still has the same thread in the same life. */
struct spprof_found {
    uint32_t serial;
    uint32_t life;
};

/* Returns whether `id` is a live thread without a JNIEnv, which may be a Java thread whose start
 * was not reported. If so, fills in `found`. */
bool spprof_threads_found_locked(uint64_t id, struct spprof_found *found);
/* Gives the slot of thread `id` the JNIEnv `env`, if the slot still has the thread and the life of
 * `found`. */
void spprof_threads_adopt_found_locked(uint64_t id, const struct spprof_found *found, void *env);

#endif
