#include "session/exit_key.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * The number of thread-specific keys whose value a handler may set. glibc stores the values of the
 * first 32 keys in the thread's own block; musl stores the values of all keys there. Setting such a
 * value is two or three stores to memory of the thread, so a handler may do it, whatever code it
 * interrupts.
 *
 * When a thread exits, the C library runs a loop over the destructors of the keys. The loop clears
 * each value before it calls the value's destructor, and runs at most four times. If a handler sets
 * a value during the loop, the loop either finds the value or leaves it.
 */
#define KEYS_WITHOUT_MALLOC 32

static pthread_key_t key;
static bool is_stored; /* setting the key's value is only a store */

/* Relaxed: a handler that does not see a change yet behaves as before the change. */
static _Atomic bool set_by_handlers = true;

int spprof_exit_key_make(void (*hook)(void *ticket)) {
    int error = pthread_key_create(&key, hook);
    is_stored = error == 0 && key < KEYS_WITHOUT_MALLOC;
    return -error;
}

void spprof_exit_key_set(void *ticket) {
    pthread_setspecific(key, ticket);
}

void spprof_exit_key_set_sigsafe(void *ticket) {
    if (is_stored && atomic_load_explicit(&set_by_handlers, memory_order_relaxed)) {
        pthread_setspecific(key, ticket); /* see KEYS_WITHOUT_MALLOC */
    }
}

void spprof_exit_key_set_by_handlers(bool by_handlers) {
    atomic_store_explicit(&set_by_handlers, by_handlers, memory_order_relaxed);
}
