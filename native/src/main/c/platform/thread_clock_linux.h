/* The CPU clock of a thread of this process, on Linux. Any thread and any signal handler may call
 * the function. */
#ifndef SPPROF_THREAD_CLOCK_LINUX_H
#define SPPROF_THREAD_CLOCK_LINUX_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Returns the CPU clock of the thread with this number. The bits are CPUCLOCK_PERTHREAD |
 * CPUCLOCK_SCHED of the kernel's posix-timers.h. Reading the clock fails if the thread is gone, and
 * for a thread of another process. */
static inline clockid_t spprof_thread_clock_sigsafe(uint64_t id) {
    return (clockid_t)(((unsigned)~(pid_t)id << 3) | 6u);
}

#endif
