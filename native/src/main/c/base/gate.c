#include "base/gate.h"

#include <stdatomic.h>

#define CLOSED (UINT64_C(1) << 63)

static _Atomic uint64_t gate = CLOSED;

bool spprof_gate_enter_sigsafe(void) {
    /* This acquire pairs with the release in spprof_gate_open: the handler sees the session's ring
     * and interval. */
    return (atomic_fetch_add_explicit(&gate, 1, memory_order_acquire) & CLOSED) == 0;
}

void spprof_gate_leave_sigsafe(void) {
    /*
     * This release pairs with the acquire in spprof_gate_in_flight: a thread that waited for this
     * handler sees what the handler wrote.
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
    /* The order is acq_rel, so that later steps of the teardown are not moved before the closing,
     * and earlier writes are not moved after it. */
    atomic_fetch_or_explicit(&gate, CLOSED, memory_order_acq_rel);
}

uint32_t spprof_gate_in_flight(void) {
    return (uint32_t)(atomic_load_explicit(&gate, memory_order_acquire) & ~CLOSED);
}

bool spprof_gate_is_idle(void) {
    /*
     * This read-modify-write is acq_rel. By its release, handlers that enter after it see what the
     * caller of is_idle wrote before. By its acquire, the caller sees what handlers wrote before
     * they left.
     */
    return (atomic_fetch_add_explicit(&gate, 0, memory_order_acq_rel) & ~CLOSED) == 0;
}
