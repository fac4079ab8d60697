#include "base/lock.h"

void spprof_lock(struct spprof_lock *lock) {
    sigset_t sampling, before;
    sigemptyset(&sampling);
    sigaddset(&sampling, SPPROF_SIGNAL);
    pthread_sigmask(SIG_BLOCK, &sampling, &before);
    pthread_mutex_lock(&lock->mutex);
    lock->mask = before;
}

void spprof_unlock(struct spprof_lock *lock) {
    sigset_t before = lock->mask;
    pthread_mutex_unlock(&lock->mutex);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void spprof_lock_open(struct spprof_lock *lock) {
    pthread_mutex_lock(&lock->mutex);
}

void spprof_unlock_open(struct spprof_lock *lock) {
    pthread_mutex_unlock(&lock->mutex);
}
