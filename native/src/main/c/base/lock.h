/*
 * A mutex whose holder the sampling signal does not interrupt, as a rule: a handler that hangs, or
 * a holder that is kept in one, must not keep a stop from its deadline. Ordinary threads only;
 * locks may be nested.
 */
#ifndef SPPROF_LOCK_H
#define SPPROF_LOCK_H

#include <pthread.h>
#include <signal.h>

/* The signal that samples, on every platform. */
#define SPPROF_SIGNAL SIGPROF

struct spprof_lock {
    pthread_mutex_t mutex;
    sigset_t mask; /* the holder's, from before */
};

#define SPPROF_LOCK_INITIALIZER \
    { .mutex = PTHREAD_MUTEX_INITIALIZER }

void spprof_lock(struct spprof_lock *lock);
void spprof_unlock(struct spprof_lock *lock);

/*
 * The same without the two system calls: for a holder whom the signal may interrupt, as its handler
 * cannot hang (thread_hooks.c).
 */
void spprof_lock_open(struct spprof_lock *lock);
void spprof_unlock_open(struct spprof_lock *lock);

#endif
