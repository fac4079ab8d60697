/*
 * Which of the threads that are sampled are Java threads: a slot gets the JNIEnv of its thread, and
 * from then on the handler walks its Java stack. java_threads.c asks the JVM and calls this; a
 * thread whose ThreadStart is heard gets its JNIEnv there (thread_hooks.c).
 *
 * A thread can end meanwhile. Before the first sweep, ThreadEnd waits for the lock
 * (java_threads.c). Later the slot's life tells (spprof_threads_adopt_found_locked).
 */
#ifndef SPPROF_ADOPTION_H
#define SPPROF_ADOPTION_H

#include <stdbool.h>
#include <stdint.h>

/* Before the first sweep: `id` is the Java thread of `env`. No effect afterwards. */
void spprof_threads_adopt_locked(uint64_t id, void *env);

/*
 * Whether starts of threads are unheard from now on (thread_hooks.h). False when a session begins.
 */
void spprof_threads_starts_unheard(bool unheard);
/* After a sweep (`swept`) or a search: whether there may be Java threads whose starts were unheard.
 * New ones have no timer until spprof_threads_adopted, which is called after the look at them. */
bool spprof_threads_worth_adopting(bool swept);
void spprof_threads_adopted(void);

/* A thread that a sweep found, without JNIEnv: what tells whether it is the same a moment later. */
struct spprof_found {
    uint32_t serial;
    uint32_t life;
};

/* Whether `id` is a thread without JNIEnv, for which a start was perhaps unheard. */
bool spprof_threads_found_locked(uint64_t id, struct spprof_found *found);
/* If `id` is the thread of `found` still and in the same life: it is the Java thread of `env`. */
void spprof_threads_adopt_found_locked(uint64_t id, const struct spprof_found *found, void *env);

#endif
