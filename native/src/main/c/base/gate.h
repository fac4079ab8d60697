/*
 * The gate admits handlers to a session. It is one atomic word that holds a closed bit and the
 * number of handlers in flight, so all accesses to it have one order.
 *
 * A handler enters the gate first and leaves it last, whether the gate is open or closed. The
 * thread that ends a session closes the gate and then waits until no handler is in flight. Entering
 * and closing are read-modify-writes of one word. So either the handler enters before the gate is
 * closed, and the closer waits for the handler; or the handler enters later, sees the closed bit,
 * and does nothing.
 *
 *   open   is a release: a handler that enters later (acquire) sees the session that was set up
 *          before the gate was opened
 *   leave  is a release: a closer that reads "no handler in flight" (acquire) sees all that
 *          handlers wrote
 *   idle   is a read-modify-write, too. An entry that comes before it is counted. An entry that
 *          comes after it (acquire) sees what the caller of is_idle (release) wrote before
 *
 * The gate is closed when the library is loaded. Functions in _sigsafe are called from handlers.
 * Open, close and in_flight are called with the sampler's lock held; they would be signal-safe,
 * too.
 */
#ifndef SPPROF_GATE_H
#define SPPROF_GATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Enters the gate. Returns true if the gate is open. Each call needs a later call of
 * spprof_gate_leave_sigsafe, whatever it returned.
 */
bool spprof_gate_enter_sigsafe(void);
void spprof_gate_leave_sigsafe(void);

bool spprof_gate_is_open_sigsafe(void);
void spprof_gate_open(void);
void spprof_gate_close(void);
uint32_t spprof_gate_in_flight(void);
/* Returns whether no handler is in flight now. A handler that enters later sees all that the caller
 * wrote before. */
bool spprof_gate_is_idle(void);

#endif
