/*
 * Which thread-specific keys a handler may use, whatever code it interrupts. musl and macOS store
 * the values of all keys in the thread's own block. glibc does so for the first 32 keys. It stores
 * the values of further keys in blocks that it allocates at the first store and frees while the
 * thread exits.
 */
#ifndef SPPROF_THREAD_KEYS_H
#define SPPROF_THREAD_KEYS_H

#include <pthread.h>
#include <stdbool.h>

#define SPPROF_KEYS_OF_THREADS_BLOCK 32 /* with glibc */

/* Returns whether a handler may read and set the key's value. */
static inline bool spprof_key_is_for_handlers(pthread_key_t key) {
#ifdef __GLIBC__
    return key < SPPROF_KEYS_OF_THREADS_BLOCK;
#else
    (void)key;
    return true;
#endif
}

#endif
