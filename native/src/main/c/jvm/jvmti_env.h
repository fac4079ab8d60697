/*
 * The library's JVMTI environment, through which the profiler queries the JVM and receives the
 * JVM's events. This file makes the environment, and switches the events on and off. The callbacks
 * of the events are in jni/events.h.
 *
 * attach and detach are called when the library is loaded and unloaded. Events are switched with
 * the sampler's lock held. No function is called in a signal handler.
 */
#ifndef SPPROF_JVMTI_ENV_H
#define SPPROF_JVMTI_ENV_H

#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>

/* Makes the environment and sets its callbacks. Returns 0, -ENOSYS if there is no JVMTI, or
 * -ENOMEM. */
int spprof_jvmti_attach(JavaVM *vm, const jvmtiEventCallbacks *callbacks);
void spprof_jvmti_detach(void);

/* Returns the environment; NULL before attach and after detach. */
jvmtiEnv *spprof_jvmti(void);

/* Returns whether the code at an address belongs to the JVM's library. */
bool spprof_jvmti_is_of_jvm(const void *code);

/* Switches the events of a session on or off. If `classes` is true, includes the events about
 * classes. Returns 0 or -EIO. */
int spprof_jvmti_events(bool on, bool classes);

/* Switches ThreadStart on or off within a session. Returns 0 or -EIO. */
int spprof_jvmti_hear_starts(bool hear);

#endif
