/*
 * Installs the profiler's handler of SIGPROF at the start of a session, if nobody else uses the
 * signal. "Our handler" below is the profiler's. The start depends on the action that is installed:
 *
 * | installed at the start        | what the start does                                           |
 * | ----------------------------- | ------------------------------------------------------------- |
 * | none, or SIG_IGN              | installs our handler                                          |
 * | our handler, with no session  | installs it again. The stop restores the action that our      |
 * | running (case 1)              | handler had replaced in the earlier session                   |
 * | a handler of the JVM, no      | installs our handler (case 2)                                 |
 * | timer sends SIGPROF           |                                                               |
 * | a handler of the JVM, a timer | refuses: the flight recorder samples                          |
 * | sends SIGPROF                 |                                                               |
 * | any other handler             | refuses                                                       |
 *
 * Case 1: another library saved our handler during an earlier session and restored it later.
 *
 * Case 2: the flight recorder leaves its handler installed after a recording of jdk.CPUTimeSample.
 *
 * On a system that does not list timers, our handler replaces the JVM's handler in both of the
 * JVM's cases. The JVM loses no signal, because our handler forwards other senders' signals to the
 * JVM's handler (handler.c).
 *
 * Forwarding is never endless, whatever other libraries save and restore. Our handler forwards only
 * to a handler of the JVM, and the JVM's handler forwards to nobody. There is one exception: a
 * library that installs its handler while a start installs ours. If the start notices that, it
 * refuses, and a later start of case 1 can forward to this library's handler.
 *
 * Called with the sampler's lock held, never in a signal handler.
 */
#ifndef SPPROF_SIGPROF_H
#define SPPROF_SIGPROF_H

#include "platform/action.h"

/*
 * Installs our handler. Returns 0, with our action in `*ours` and the action to restore later in
 * `*before`, both as the kernel has them. The caller passes `*before` as the last session left it.
 * Otherwise returns a failure (failure.h): FLIGHT_RECORDER, SIGNAL_HELD, SIGNAL_LEFT or SYSTEM.
 * The installed action has not changed then.
 */
int spprof_sigprof_take(struct spprof_action *ours, struct spprof_action *before);

#endif
