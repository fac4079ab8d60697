/*
 * The gate admits handlers to a session, so that the thread that ends a session can wait for all
 * handlers. The gate is one atomic word. It holds a closed bit and the number of handlers in
 * flight, that is, of handlers that have entered the gate and not left it.
 *
 * A handler enters the gate first and leaves it last, whether the gate is open or closed. The
 * thread that ends a session closes the gate, and then waits until no handler is in flight.
 * Entering and closing are read-modify-writes of one word, so they have one order. Either the
 * handler enters before the gate is closed, and the closing thread waits for the handler. Or the
 * handler enters later, sees the closed bit, and does nothing.
 *
 *   open    is a release: a handler that enters later (acquire) sees the session that was set up
 *           before the gate was opened
 *   leave   is a release: a closing thread that reads "no handler in flight" (acquire) sees
 *           everything that handlers wrote
 *   is_idle is a read-modify-write, too. It counts every handler that entered before it. A handler
 *           that enters after it (acquire) sees everything that the caller of is_idle (release)
 *           wrote before the call
 *
 * The gate is closed when the library is loaded. Functions whose names end in _sigsafe are called
 * from handlers. Open, close and in_flight are called with the sampler's lock held; they would be
 * signal-safe, too.
 */
#ifndef SPPROF_GATE_H
#define SPPROF_GATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Enters the gate. Returns whether the gate is open. Each call needs a later call of
 * spprof_gate_leave_sigsafe, whatever it returned.
 */
bool spprof_gate_enter_sigsafe(void);
void spprof_gate_leave_sigsafe(void);

bool spprof_gate_is_open_sigsafe(void);
void spprof_gate_open(void);
void spprof_gate_close(void);
uint32_t spprof_gate_in_flight(void);
/* Returns whether no handler is in flight now. A handler that enters later sees everything that the
 * caller wrote before. */
bool spprof_gate_is_idle(void);

#endif
