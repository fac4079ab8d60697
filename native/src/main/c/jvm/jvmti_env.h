/*
 * The JVMTI environment, and which of its events come. What is done with them is not known here
 * (jni/events.h).
 *
 * attach and detach are called when the library is loaded and unloaded; events are switched by the
 * sampler, with its lock held.
 */
#ifndef SPPROF_JVMTI_ENV_H
#define SPPROF_JVMTI_ENV_H

#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>

/* Makes the environment, with what is to be called. 0, -ENOSYS (no JVMTI) or -ENOMEM. */
int spprof_jvmti_attach(JavaVM *vm, const jvmtiEventCallbacks *callbacks);
void spprof_jvmti_detach(void);

/* The environment, NULL before attach. */
jvmtiEnv *spprof_jvmti(void);

/* Whether code at this address is the JVM library's own. */
bool spprof_jvmti_is_of_jvm(const void *code);

/* Switches the events of a session on or off, those about classes with `classes`. 0 or -EIO. */
int spprof_jvmti_events(bool on, bool classes);

/* In a session: whether ThreadStart comes from now on. 0 or -EIO. */
int spprof_jvmti_hear_starts(bool hear);

#endif
