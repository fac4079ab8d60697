/*
 * The name look: the collector's thread reads the names of all threads that were sampled since
 * their names were last read. thread_name.h explains when and why. The last look of a session is
 * made by the thread that stops the session.
 */
#ifndef SPPROF_NAME_LOOK_H
#define SPPROF_NAME_LOOK_H

#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "platform/platform.h"
#include "threads/slots.h"

/* A thread whose name a look is to read. */
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
 * Makes a name look: reads the names of all marked threads (thread_name.h), and the names of Java
 * threads by `read`. Called on ordinary threads only, by one thread at a time (the sampler's lock
 * is held), without the lock of thread_state.h, which the function takes for short moments. `jni`
 * is the calling thread's.
 */
void spprof_name_look(JNIEnv *jni, const struct spprof_engine *engine, struct spprof_ring *ring,
                      spprof_java_names_reader read);

/* Records the result of a look for a thread. `name` is NULL if the name is still the one that was
 * read last, or could not be read. Takes the lock of thread_state.h. */
void spprof_name_look_found(struct spprof_nameless *thread, const char *name);

#endif
