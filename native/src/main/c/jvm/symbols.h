/*
 * Methods: ids for the walker, names for the profile. Ordinary threads only, never a handler.
 */
#ifndef SPPROF_SYMBOLS_H
#define SPPROF_SYMBOLS_H

#include <jni.h>
#include <jvmti.h>
#include <stdint.h>

/*
 * Makes the JVM allocate ids for the methods of all loaded classes, resp. of one:
 * AsyncGetCallTrace, which cannot allocate inside a signal, gives NULL for a method without one.
 * Errors are left to it: such a class is not prepared yet and will come through ClassPrepare.
 */
void spprof_symbols_allocate_ids(JNIEnv *jni);
void spprof_symbols_allocate_ids_of(jvmtiEnv *jvmti, jclass type);

/*
 * The name of a method, "java.util.HashMap.get", as a new local reference; NULL if the method
 * cannot be named any more (its class was unloaded) or no memory is left. The id may be stale,
 * never invented.
 */
jstring spprof_symbols_name(JNIEnv *jni, uint64_t method);

/*
 * Its line numbers, as pairs byte code index << 16 | line number; a new local reference, NULL if
 * there are none.
 */
jintArray spprof_symbols_lines(JNIEnv *jni, uint64_t method);

#endif
