/* Counts POSIX timers of the process, so that a start can find out whether anything sends SIGPROF.
 * Never called in a signal handler. */
#ifndef SPPROF_TIMERS_H
#define SPPROF_TIMERS_H

/*
 * Returns how many of the process's timers send `signal`, to any thread, armed or not. Returns
 * -errno if the system does not list timers (Linux without CONFIG_CHECKPOINT_RESTORE, macOS).
 */
int spprof_timers_that_send(int signal);

#endif
