/*
 * The JVM's side: the JVMTI environment and the events that we listen to.
 *
 * attach and detach are called when the library is loaded and unloaded; events by the sampler, with
 * its lock held. Events arrive on the threads that they are about.
 */
#ifndef SPPROF_AGENT_H
#define SPPROF_AGENT_H

#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>

/* Makes the environment. 0, -ENOSYS (no JVMTI) or -ENOMEM. */
int spprof_agent_attach(JavaVM *vm);
void spprof_agent_detach(void);

/* The environment, NULL before attach. */
jvmtiEnv *spprof_agent_jvmti(void);

/* Whether code at this address is the JVM library's own. */
bool spprof_agent_is_of_jvm(const void *code);

/* Switches the events of a session on or off, those about classes with `classes`. 0 or -EIO. */
int spprof_agent_events(bool on, bool classes);

/* In a session: whether ThreadStart comes from now on. 0 or -EIO. */
int spprof_agent_hear_starts(bool hear);

#endif
