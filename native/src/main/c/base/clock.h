/*
 * Reads a clock in nanoseconds. Any thread and any signal handler may call the function, because
 * clock_gettime is async-signal-safe (POSIX 2018, 2.4.3).
 */
#ifndef SPPROF_CLOCK_H
#define SPPROF_CLOCK_H

#include <stdint.h>
#include <time.h>

#define SPPROF_NS_PER_S UINT64_C(1000000000)
#define SPPROF_NS_PER_MS UINT64_C(1000000)

/* Returns the reading of a clock in nanoseconds; 0 if the system does not have the clock. */
static inline uint64_t spprof_clock_ns_sigsafe(clockid_t clock) {
    struct timespec now;
    return clock_gettime(clock, &now) == 0
               ? (uint64_t)now.tv_sec * SPPROF_NS_PER_S + (uint64_t)now.tv_nsec
               : 0;
}

#endif
