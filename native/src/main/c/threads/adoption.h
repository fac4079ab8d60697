/*
 * Adoption: a thread's slot (its entry in the table of threads, slots.h) gets the JNIEnv of its
 * Java thread. From then on the handler walks the thread's Java stack. Adoption is for Java threads
 * that existed before the session, and for threads whose start was unheard, that is, which started
 * while ThreadStart was switched off. Other Java threads get their JNIEnv in ThreadStart
 * (thread_hooks.c).
 *
 * java_threads.c asks the JVM for JNIEnvs and calls these functions; sampler.c calls those without
 * _locked. Callers are ordinary threads: the one that starts a session, and the collector's.
 * Functions in _locked are called with the lock of thread_state.h held; the others take that lock.
 *
 * A thread can end while it is adopted. java_threads.c says what protects threads before the first
 * sweep (the check of all threads of the process, sweep.h). Later the slot's life, a number that
 * changes whenever the JVM's thread begins or ends, shows that the thread has ended
 * (spprof_threads_adopt_found_locked).
 */
#ifndef SPPROF_ADOPTION_H
#define SPPROF_ADOPTION_H

#include <stdbool.h>
#include <stdint.h>

/* Gives the slot of thread `id` the JNIEnv `env`. Has no effect after the session's first sweep. */
void spprof_threads_adopt_locked(uint64_t id, void *env);

/*
 * Records whether starts of threads are unheard from now on (thread_hooks.h). Once true, the
 * session expects such threads until it ends. False when a session begins.
 */
void spprof_threads_starts_unheard(bool unheard);
/* Called after a sweep (`swept`) or a search (sweep.h). Returns whether there may be Java threads
 * whose starts were unheard. New threads without a JNIEnv then have no timer until
 * spprof_threads_adopted, which is called after the attempt to adopt them. */
bool spprof_threads_worth_adopting(bool swept);
void spprof_threads_adopted(void);

/* Identifies a thread without JNIEnv that a sweep found. The two numbers of the slot are compared
 * later, to check that the slot still has the same thread in the same life. */
struct spprof_found {
    uint32_t serial;
    uint32_t life;
};

/* Returns whether `id` is a live thread without JNIEnv, which may be a Java thread whose start
 * was unheard. If so, fills in `found`. */
bool spprof_threads_found_locked(uint64_t id, struct spprof_found *found);
/* Gives the slot of thread `id` the JNIEnv `env`, if it still has the thread and life of `found`.
 */
void spprof_threads_adopt_found_locked(uint64_t id, const struct spprof_found *found, void *env);

#endif
