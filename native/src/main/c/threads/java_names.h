/*
 * Reads the names of Java threads for a name look. A name look reads the names of all threads that
 * were sampled since their names were last read (name_look.h).
 *
 * Never called in a signal handler. The functions begin, read and end are called with the sampler's
 * lock held. The JVMTI callbacks ThreadStart and ThreadEnd call spprof_java_names_get without this
 * lock.
 */
#ifndef SPPROF_JAVA_NAMES_H
#define SPPROF_JAVA_NAMES_H

#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>

#include "platform/platform.h"
#include "threads/name_look.h"
#include "threads/thread_name.h"

/*
 * Finds out whether names can be read. Called when a session begins, before the session's JVM
 * events are switched on. Some JVMs do not publish which of their threads has which JNIEnv. Name
 * looks then find no names of Java threads. Their names are read only on threads that start or end.
 */
void spprof_java_names_begin(JNIEnv *jni, const struct spprof_engine *engine);

/* Returns whether name looks can read the names of Java threads. */
bool spprof_java_names_work(void);

/* Calls spprof_name_look_found for each of `threads` that has a JNIEnv and still exists. */
void spprof_java_names_read(JNIEnv *jni, struct spprof_nameless *threads, uint32_t count);

/* Deletes the references that were kept for a session. Called when the session has ended. */
void spprof_java_names_end(JNIEnv *jni);

/* Copies the present name of a thread, and its number. Returns false if the thread has no name.
 * `jvmti` is the environment of the event or of the library. */
bool spprof_java_names_get(jvmtiEnv *jvmti, JNIEnv *jni, jthread thread,
                           struct spprof_thread_name *name);

#endif
