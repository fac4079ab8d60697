/* The list of the process's POSIX timers, as the system reports it. Called on ordinary threads
 * only. */
#ifndef SPPROF_TIMERS_H
#define SPPROF_TIMERS_H

/*
 * Returns how many of the process's timers send `signal`, to any thread, armed or not. Returns
 * -errno where the system does not list timers (Linux without CONFIG_CHECKPOINT_RESTORE, macOS).
 */
int spprof_timers_that_send(int signal);

#endif
