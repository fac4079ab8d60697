/*
 * Tells by its siginfo who has sent a signal. sender_linux.c and sender_darwin.c implement it.
 */
#ifndef SPPROF_SENDER_H
#define SPPROF_SENDER_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Returns whether a thread of `process` can have sent the signal by pthread_kill. Returns false if
 * this process is another one, a forked child for instance. */
bool spprof_sender_is_thread_sigsafe(const siginfo_t *info, pid_t process);

#endif
