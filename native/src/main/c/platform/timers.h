/* The process's own POSIX timers, as the system lists them. Ordinary threads only. */
#ifndef SPPROF_TIMERS_H
#define SPPROF_TIMERS_H

/*
 * How many of the process's timers send `signal`, to whichever thread, armed or not; -errno where
 * the system does not list them (Linux without CONFIG_CHECKPOINT_RESTORE, macOS).
 */
int spprof_timers_that_send(int signal);

#endif
