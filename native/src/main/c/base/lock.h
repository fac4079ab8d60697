/*
 * A mutex for code outside of signal handlers. A thread that takes it with spprof_lock blocks the
 * sampling signal until it releases the mutex. Otherwise a signal could interrupt the holder, and a
 * handler that hangs there would keep the mutex locked. A stop needs the mutex, and would then miss
 * its deadline.
 *
 * Never called in a signal handler. A thread may hold several of these mutexes.
 */
#ifndef SPPROF_LOCK_H
#define SPPROF_LOCK_H

#include <pthread.h>
#include <signal.h>

/* The signal that samples, on every platform. */
#define SPPROF_SIGNAL SIGPROF

struct spprof_lock {
    pthread_mutex_t mutex;
    sigset_t mask; /* the holder's signal mask from before it took the lock */
};

#define SPPROF_LOCK_INITIALIZER \
    { .mutex = PTHREAD_MUTEX_INITIALIZER }

void spprof_lock(struct spprof_lock *lock);
void spprof_unlock(struct spprof_lock *lock);

/*
 * Take and release the mutex without changing the signal mask, which saves two system calls. For a
 * holder that the signal may interrupt, because its handler cannot hang (thread_hooks.c).
 */
void spprof_lock_open(struct spprof_lock *lock);
void spprof_unlock_open(struct spprof_lock *lock);

#endif
