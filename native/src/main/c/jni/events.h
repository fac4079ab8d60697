/*
 * The callbacks of the JVM's events. The JVM calls each callback on the thread that the event is
 * about. No lock of the profiler is held then. The functions that a callback calls take the locks
 * that they need.
 */
#ifndef SPPROF_EVENTS_H
#define SPPROF_EVENTS_H

#include <jvmti.h>

extern const jvmtiEventCallbacks spprof_event_callbacks;

#endif
