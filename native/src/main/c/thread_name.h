/*
 * Names of threads travel in the ring, as records of their own, so that data goes one way and a
 * name stands before the samples of its thread. Ordinary threads only, with the lock of threads.c
 * held.
 */
#ifndef SPPROF_THREAD_NAME_H
#define SPPROF_THREAD_NAME_H

#include "threads.h"

/*
 * Writes the thread's name into the ring, unless it is the one that was written last; a full ring
 * leaves it for the next occasion. `name` is modified UTF-8; of a long one SPPROF_MAX_NAME bytes
 * are kept.
 */
void spprof_thread_name_publish(struct spprof_ring *ring, struct spprof_slot *slot,
                                const char *name);

#endif
