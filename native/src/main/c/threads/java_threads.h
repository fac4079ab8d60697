/*
 * Java threads that exist when a session starts: which of the system's threads each one is, and its
 * JNIEnv. Ordinary threads only, never a handler.
 */
#ifndef SPPROF_JAVA_THREADS_H
#define SPPROF_JAVA_THREADS_H

#include <jni.h>
#include <jvmti.h>

#include "platform/platform.h"

/* As many as HotSpot lets one ask for; only -Xcheck:jni counts them. */
#define SPPROF_LOCAL_REFERENCES 4096

/*
 * Gives all Java threads that exist their JNIEnv (adoption.h). Where the JVM does not publish what
 * this needs, it does nothing and returns -ENODATA, else 0: such threads are then sampled without a
 * stack until they start anew.
 */
int spprof_java_threads_adopt(JNIEnv *jni, const struct spprof_engine *engine);

/*
 * After a sweep: gives the Java threads that it found their JNIEnv, those that have a Java frame at
 * that moment. The others are left for another time.
 */
void spprof_java_threads_adopt_found(JNIEnv *jni, const struct spprof_engine *engine);

/* How far a thread's JNIEnv lies behind its JavaThread, the same for all. 0 or -ENODATA. */
int spprof_java_threads_env_distance(JNIEnv *jni, const struct spprof_engine *engine,
                                     int64_t *distance);

#endif
