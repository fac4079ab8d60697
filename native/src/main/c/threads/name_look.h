/*
 * The name look: it reads the names of all threads that were sampled since their names were last
 * read. thread_name.h explains when and why. The profiler's collector thread (CollectorThread.java)
 * makes the looks. The thread that stops the session makes the last look.
 */
#ifndef SPPROF_NAME_LOOK_H
#define SPPROF_NAME_LOOK_H

#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "platform/platform.h"
#include "threads/slots.h"

/* A thread whose name a look must read. */
struct spprof_nameless {
    struct spprof_slot *slot;
    uint32_t serial;
    uint32_t life;
    void *env;  /* JNIEnv; NULL if it is no Java thread: the name is then the system's */
    bool named; /* a name of the thread was written into the ring before */
    bool done;  /* spprof_name_look_found was called for the thread */
};

/* Calls spprof_name_look_found for each of `threads` that is a Java thread and still exists. */
typedef void (*spprof_java_names_reader)(JNIEnv *jni, struct spprof_nameless *threads,
                                         uint32_t count);

/*
 * Makes a name look: reads the names of all threads that are marked as sampled (slots.h). `read`
 * reads the names of the Java threads among them. Never called in a signal handler. Called by one
 * thread at a time, because the sampler's lock is held. The lock of thread_state.h must not be
 * held; the function takes it for short moments. `jni` is the JNIEnv of the calling thread.
 */
void spprof_name_look(JNIEnv *jni, const struct spprof_engine *engine, struct spprof_ring *ring,
                      spprof_java_names_reader read);

/* Records the result of a look for a thread. `name` is NULL if the name has not changed since it
 * was last read, or if it could not be read. `java_id` is the number of the thread's
 * java.lang.Thread, or 0. Takes the lock of thread_state.h. */
void spprof_name_look_found(struct spprof_nameless *thread, const char *name, uint64_t java_id);

#endif
