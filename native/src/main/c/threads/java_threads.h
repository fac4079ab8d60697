/*
 * Finds out for each Java thread which thread of the operating system it is, and which JNIEnv it
 * has. The thread can then be adopted: its slot gets the JNIEnv, so that the handler walks the
 * thread's Java stack (adoption.h).
 *
 * Never called in a signal handler. Called with the sampler's lock held and the lock of
 * thread_state.h not held. `jni` is the JNIEnv of the calling thread.
 */
#ifndef SPPROF_JAVA_THREADS_H
#define SPPROF_JAVA_THREADS_H

#include <jni.h>
#include <jvmti.h>

#include "platform/platform.h"

/* The maximum number of local references that HotSpot allows a caller to request. Only -Xcheck:jni
 * counts them. */
#define SPPROF_LOCAL_REFERENCES 4096

/*
 * Adopts all Java threads that exist. Called when a session starts. Returns 0, or -ENOTSUP if the
 * JVM does not publish what the function needs. After -ENOTSUP, a Java thread that exists already
 * is sampled without a stack until it attaches to the JVM again.
 */
int spprof_java_threads_adopt(JNIEnv *jni, const struct spprof_engine *engine);

/*
 * Adopts those Java threads without a JNIEnv that have a Java frame at this moment. Called after a
 * sweep or a search has given them slots. The other threads are left to a later call.
 */
void spprof_java_threads_adopt_found(JNIEnv *jni, const struct spprof_engine *engine);

/* Finds the distance in bytes from the address of a JavaThread to the address of its JNIEnv, which
 * is the same for all threads. Returns 0 or -ENOTSUP. */
int spprof_java_threads_env_distance(JNIEnv *jni, const struct spprof_engine *engine,
                                     int64_t *distance);

#endif
