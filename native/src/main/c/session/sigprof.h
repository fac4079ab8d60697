/*
 * Installs the profiler's handler of SIGPROF at the start of a session, if nobody else uses the
 * signal. The action that was installed before decides:
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
 * Case 2: the flight recorder leaves its handler installed after a recording of jdk.CPUTimeSample.
 *
 * Where the system does not list timers, our handler replaces the JVM's, too. Our handler forwards
 * signals that are not ours to the JVM's handler (handler.c), so the JVM loses none.
 *
 * Our handler never forwards to itself, nor to a handler that can call it: it forwards only to a
 * handler of the JVM, and that one forwards to nobody. So there is no endless forwarding, whatever
 * other libraries save and restore.
 *
 * Called on ordinary threads only, with the sampler's lock held.
 */
#ifndef SPPROF_SIGPROF_H
#define SPPROF_SIGPROF_H

#include "platform/action.h"

/*
 * Installs our handler. 0, with our action in `*ours`, and in `*before` what is to be put back,
 * both as the kernel has them; `*before` comes in as the last session left it. Or a failure
 * (failure.h): FLIGHT_RECORDER, SIGNAL_HELD, SIGNAL_LEFT or SYSTEM; nothing has changed then.
 */
int spprof_sigprof_take(struct spprof_action *ours, struct spprof_action *before);

#endif
