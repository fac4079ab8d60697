/*
 * The gate between the handlers and a session: one atomic word, the closed bit and the number of
 * handlers in flight, so that there is one order to reason about.
 *
 * A handler enters first and leaves last, open or closed. Whoever ends a session closes the gate
 * and then waits until nobody is in flight. Both are read-modify-writes of one word, so either the
 * handler's entry comes before the closing, and the closer waits for it, or it comes after, and the
 * handler sees the closed bit and does nothing.
 *
 *   open   release: a handler that enters after sees the session that was set up before (acquire)
 *   leave  release: a closer that reads "nobody in flight" (acquire) sees all that handlers wrote
 *   idle   a read-modify-write, too: every entry comes before it and is counted, or after it, and
 *          then sees what was written before (release here, acquire there)
 *
 * The gate is closed when the library is loaded. Enter and leave are signal-safe; open, close and
 * in_flight are called with the sampler's lock held, but would be signal-safe, too.
 */
#ifndef SPPROF_GATE_H
#define SPPROF_GATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Comes in; true if the gate is open. Every call needs its spprof_gate_leave_sigsafe, open or not.
 */
bool spprof_gate_enter_sigsafe(void);
void spprof_gate_leave_sigsafe(void);

bool spprof_gate_is_open_sigsafe(void);
void spprof_gate_open(void);
void spprof_gate_close(void);
uint32_t spprof_gate_in_flight(void);
/* Whether nobody is in flight now; who enters later sees all that the caller has written before. */
bool spprof_gate_is_idle(void);

#endif
