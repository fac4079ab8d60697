/*
 * What is done with the JVM's events. They arrive on the threads that they are about.
 */
#ifndef SPPROF_EVENTS_H
#define SPPROF_EVENTS_H

#include <jvmti.h>

extern const jvmtiEventCallbacks spprof_event_callbacks;

#endif
