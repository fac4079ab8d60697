/*
 * Queries the JVM about methods. Two functions make the JVM allocate ids of methods, for the walker
 * that calls AsyncGetCallTrace. The other two read the name and the line numbers of a method, for
 * the profile. Never called in a signal handler. No lock is needed.
 */
#ifndef SPPROF_SYMBOLS_H
#define SPPROF_SYMBOLS_H

#include <jni.h>
#include <jvmti.h>
#include <stdint.h>

/*
 * Make the JVM allocate ids for the methods of all loaded classes, and of one class.
 * AsyncGetCallTrace returns NULL for a method without an id, because it cannot allocate an id in a
 * signal handler. The functions ignore errors: if the call fails for a class, the class is not
 * prepared yet, and its ids are allocated at its ClassPrepare event.
 */
void spprof_symbols_allocate_ids(JNIEnv *jni);
void spprof_symbols_allocate_ids_of(jvmtiEnv *jvmti, jclass type);

/*
 * Returns the name of a method, for instance "java.util.HashMap.get", as a new local reference.
 * Returns NULL if the method has no name any more, because its class was unloaded, or if no memory
 * is left. `method` must be an id that the JVM has returned at some time; it may be stale.
 */
jstring spprof_symbols_name(JNIEnv *jni, uint64_t method);

/*
 * Returns the line numbers of a method, as pairs byte code index << 16 | line number, in a new
 * local reference. Returns NULL if the method has no line numbers.
 */
jintArray spprof_symbols_lines(JNIEnv *jni, uint64_t method);

#endif
