/*
 * Whose SIGPROF is, and how a session gets it.
 *
 * | what is installed             | what a start does                                             |
 * | ----------------------------- | ------------------------------------------------------------- |
 * | nothing, or it is ignored     | installs ours                                                 |
 * | ours: a library had saved it  | installs it anew; what the end puts back is what ours         |
 * | and put it back               | replaced in the session of which that library saved it        |
 * | a handler of the JVM's own    | if no timer of the process sends SIGPROF, installs ours: the  |
 * |                               | flight recorder leaves its handler behind when a recording of |
 * |                               | jdk.CPUTimeSample ends. Else refuses: it samples              |
 * | anybody else's                | refuses                                                       |
 *
 * Where the system lists no timers, the JVM's handler is taken over, too. A signal that is none of
 * ours goes on to it in any case (handler.c), so it misses none.
 *
 * Ours is never in front of ours, nor of anything that can call it: nothing but a handler of the
 * JVM's is ever behind it, and that one calls nobody. So no signal goes round in circles, whatever
 * other libraries save and put back. Ordinary threads, with the sampler's lock held.
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
