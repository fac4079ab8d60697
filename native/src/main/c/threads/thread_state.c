#include "threads/thread_state.h"

struct spprof_threads_state spprof_threads = {.engine = &SPPROF_DEFAULT_ENGINE};

static struct spprof_lock lock = SPPROF_LOCK_INITIALIZER;

/* The number of the session: the count of starts and ends of sessions so far. Tickets contain it,
 * so it distinguishes the signals of different sessions. */
static _Atomic uint64_t session;

void spprof_threads_lock(void) {
    spprof_lock(&lock);
}

void spprof_threads_unlock(void) {
    spprof_unlock(&lock);
}

void spprof_threads_lock_open(void) {
    spprof_lock_open(&lock);
}

void spprof_threads_unlock_open(void) {
    spprof_unlock_open(&lock);
}

void spprof_threads_note(int error) {
    spprof_threads_lock();
    spprof_threads.last_error = error != 0 ? error : spprof_threads.last_error;
    spprof_threads_unlock();
}

int spprof_threads_last_error(void) {
    spprof_threads_lock();
    int error = spprof_threads.last_error;
    spprof_threads_unlock();
    return error;
}

const struct spprof_engine *spprof_threads_engine_locked(void) {
    return spprof_threads.engine;
}

struct spprof_ring *spprof_threads_ring_locked(void) {
    return spprof_threads.ring;
}

void spprof_threads_new_session(void) {
    atomic_fetch_add_explicit(&session, 1, memory_order_release);
}

uint64_t spprof_threads_session_sigsafe(void) {
    /* The order is acquire. The gate orders this load and the store of a new number; see
     * spprof_teardown_await_handlers. */
    return atomic_load_explicit(&session, memory_order_acquire);
}

void *spprof_threads_ticket_locked(const struct spprof_slot *slot) {
    return spprof_slots_ticket(slot, atomic_load_explicit(&session, memory_order_relaxed));
}

struct spprof_slot *spprof_threads_slot_of(void *ticket) {
    return spprof_slots_of_ticket_sigsafe(ticket,
                                          atomic_load_explicit(&session, memory_order_acquire));
}
