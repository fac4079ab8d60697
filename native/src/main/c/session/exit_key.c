#include "session/exit_key.h"

#include <pthread.h>
#include <stdatomic.h>

#include "platform/thread_keys.h"

/*
 * A handler sets the key's value only if setting it is two or three stores to memory of the thread
 * (thread_keys.h).
 *
 * When a thread exits, the C library runs a loop over the destructors of the keys. The loop clears
 * each value before it calls the value's destructor, and runs at most four times. If a handler sets
 * a value during the loop, the loop either finds the value or leaves it.
 */
static pthread_key_t key;
static bool is_stored; /* setting the key's value is only a store */

/* Relaxed: a handler that does not see a change yet behaves as before the change. */
static _Atomic bool set_by_handlers = true;

int spprof_exit_key_make(void (*hook)(void *ticket)) {
    int error = pthread_key_create(&key, hook);
    is_stored = error == 0 && spprof_key_is_for_handlers(key);
    return -error;
}

void spprof_exit_key_set(void *ticket) {
    pthread_setspecific(key, ticket);
}

void spprof_exit_key_set_sigsafe(void *ticket) {
    if (is_stored && atomic_load_explicit(&set_by_handlers, memory_order_relaxed)) {
        pthread_setspecific(key, ticket);
    }
}

void spprof_exit_key_set_by_handlers(bool by_handlers) {
    atomic_store_explicit(&set_by_handlers, by_handlers, memory_order_relaxed);
}
