/*
 * Finds for a Java thread which of the system's threads it is, and which JNIEnv it has, so that the
 * thread can be adopted: its slot gets the JNIEnv (adoption.h). Called on ordinary threads only,
 * never in a handler, with the sampler's lock held and the lock of thread_state.h not held. `jni`
 * is the calling thread's.
 */
#ifndef SPPROF_JAVA_THREADS_H
#define SPPROF_JAVA_THREADS_H

#include <jni.h>
#include <jvmti.h>

#include "platform/platform.h"

/* The most local references that HotSpot allows a caller to request. Only -Xcheck:jni counts them.
 */
#define SPPROF_LOCAL_REFERENCES 4096

/*
 * Adopts all Java threads that exist. Called when a session starts. Returns 0, or -ENODATA if the
 * JVM does not publish what the function needs. It then does nothing, and existing Java threads are
 * sampled without a stack until they start anew.
 */
int spprof_java_threads_adopt(JNIEnv *jni, const struct spprof_engine *engine);

/*
 * Adopts the Java threads without JNIEnv that have a Java frame at this moment. Called after a
 * sweep or a search has given them slots. The other threads are left for a later call.
 */
void spprof_java_threads_adopt_found(JNIEnv *jni, const struct spprof_engine *engine);

/* Finds the distance in bytes from a JavaThread's address to the address of its JNIEnv, which is
 * the same for all threads. Returns 0 or -ENODATA. */
int spprof_java_threads_env_distance(JNIEnv *jni, const struct spprof_engine *engine,
                                     int64_t *distance);

#endif
