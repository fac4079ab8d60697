/*
 * Names of Java threads, for those that a look wants (name_look.h). Ordinary threads only.
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
 * When a session begins, before its events. Where the JVM does not publish which of its threads has
 * which JNIEnv, looks find nothing, and names are read on threads that start and end only.
 */
void spprof_java_names_begin(JNIEnv *jni, const struct spprof_engine *engine);

/* Whether looks can read names. */
bool spprof_java_names_work(void);

/* Calls spprof_name_look_found for every one of them that has a JNIEnv and is still there. */
void spprof_java_names_read(JNIEnv *jni, struct spprof_nameless *threads, uint32_t count);

/* When a session has ended: lets go of what was kept for it. */
void spprof_java_names_end(JNIEnv *jni);

/* Copies the thread's present name, modified UTF-8; false if it has none. `jvmti` is an event's. */
bool spprof_java_names_get(jvmtiEnv *jvmti, JNIEnv *jni, jthread thread,
                           char name[SPPROF_NAME_ROOM]);

#endif
