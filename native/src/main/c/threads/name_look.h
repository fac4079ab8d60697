/*
 * Looks: names of threads are read by the collector, of those that were sampled; thread_name.h says
 * when and why.
 */
#ifndef SPPROF_NAME_LOOK_H
#define SPPROF_NAME_LOOK_H

#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "platform/platform.h"
#include "threads/slots.h"

/* A thread whose name a look reads. */
struct spprof_nameless {
    struct spprof_slot *slot;
    uint32_t serial;
    uint32_t life;
    void *env;  /* NULL: not a Java thread, the system knows its name */
    bool named; /* a name of its was written before */
    bool done;
};

/* Calls spprof_name_look_found for every one of them that is a Java thread and still there. */
typedef void (*spprof_java_names_reader)(JNIEnv *jni, struct spprof_nameless *threads,
                                         uint32_t count);

/*
 * A look. Reads the names of all marked threads, those of Java threads by `read`; without the lock
 * of thread_state.h, which it takes for a moment now and then. Ordinary threads only, one at a
 * time. `jni` is the calling thread's.
 */
void spprof_name_look(JNIEnv *jni, const struct spprof_engine *engine, struct spprof_ring *ring,
                      spprof_java_names_reader read);

/* What a look found: `name`, or NULL if it is the one that was read the last time. */
void spprof_name_look_found(struct spprof_nameless *thread, const char *name);

#endif
