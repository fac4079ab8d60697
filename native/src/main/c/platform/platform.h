/*
 * The seam between the sampler and the operating system. One of the files beside this one is
 * compiled; the build's file list chooses.
 *
 * All functions return 0 or -errno unless they say otherwise. Those in _sigsafe are called from the
 * handler; the rest from ordinary threads, with the lock of threads.c held where they touch a
 * timer.
 */
#ifndef SPPROF_PLATFORM_H
#define SPPROF_PLATFORM_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A thread's timer. Validity is a flag of its own: 0 is a valid id. */
struct spprof_timer {
    int32_t id;
    bool valid;
};

/* Makes a timer on the thread's CPU clock, not yet armed; its signal carries `value`. */
int spprof_platform_timer_create(struct spprof_timer *timer, pid_t tid, int signal, void *value);

/*
 * Arms it: the first expiry when the thread's CPU clock reads `first_ns`, at once if it already
 * does, then every `interval_ns`; both 0 disarm it.
 */
int spprof_platform_timer_set(const struct spprof_timer *timer, uint64_t first_ns,
                              uint64_t interval_ns);

/* Deletes it if it is valid. */
int spprof_platform_timer_delete(struct spprof_timer *timer);

/* CPU time of a thread of this process, ns; -EINVAL or -ESRCH if there is no such thread. */
int spprof_platform_thread_cpu_ns(pid_t tid, uint64_t *ns);

/* The calling thread's id. */
pid_t spprof_platform_thread_id(void);

/* Visits every thread of this process. */
int spprof_platform_threads(void (*visit)(pid_t tid, void *context), void *context);

/* The name that the system knows the thread by; at least "" is in `name` afterwards. */
int spprof_platform_thread_name(pid_t tid, char *name, size_t size);

/* Copies memory of this process; -EFAULT where a load would fault. */
int spprof_platform_read_memory(const void *address, void *value, size_t size);

/* The value that one of our timers gave to its signal, and its overruns; NULL if no timer sent it.
 */
void *spprof_platform_signal_value_sigsafe(const siginfo_t *info, uint32_t *overrun);

/* Takes what is pending of `signal`, which must be blocked, from the calling thread and the
 * process. */
int spprof_platform_drain_pending(int signal);

#endif
