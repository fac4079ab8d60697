#include "base/gate.h"

#include <stdatomic.h>

#define CLOSED (UINT64_C(1) << 63)

static _Atomic uint64_t gate = CLOSED;

bool spprof_gate_enter_sigsafe(void) {
    /* Acquire, with the release in open: the session's ring and interval are there. */
    return (atomic_fetch_add_explicit(&gate, 1, memory_order_acquire) & CLOSED) == 0;
}

void spprof_gate_leave_sigsafe(void) {
    /*
     * Release, with the acquire in in_flight: what this handler wrote is seen by who waited for it.
     */
    atomic_fetch_sub_explicit(&gate, 1, memory_order_release);
}

bool spprof_gate_is_open_sigsafe(void) {
    return (atomic_load_explicit(&gate, memory_order_acquire) & CLOSED) == 0;
}

void spprof_gate_open(void) {
    atomic_fetch_and_explicit(&gate, ~CLOSED, memory_order_release);
}

void spprof_gate_close(void) {
    /* Acq_rel: later steps of the teardown are not moved before it, earlier writes not after it. */
    atomic_fetch_or_explicit(&gate, CLOSED, memory_order_acq_rel);
}

uint32_t spprof_gate_in_flight(void) {
    return (uint32_t)(atomic_load_explicit(&gate, memory_order_acquire) & ~CLOSED);
}

bool spprof_gate_is_idle(void) {
    /*
     * Acq_rel: release for handlers that enter later, acquire of what those wrote that have left.
     */
    return (atomic_fetch_add_explicit(&gate, 0, memory_order_acq_rel) & ~CLOSED) == 0;
}
