/* Counts the POSIX timers of this process that send a given signal. The start of a session asks for
 * SIGPROF before it makes timers of its own: a count above 0 shows that another profiler in the
 * process uses this signal. Never called in a signal handler. */
#ifndef SPPROF_TIMERS_H
#define SPPROF_TIMERS_H

/*
 * Returns how many of the process's timers send `signal`, to any thread, armed or not. Returns
 * -errno if the system does not list timers (Linux without CONFIG_CHECKPOINT_RESTORE, macOS).
 */
int spprof_timers_that_send(int signal);

#endif
