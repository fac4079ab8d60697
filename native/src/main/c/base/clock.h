/*
 * Reads a clock in nanoseconds. Any thread and any signal handler may call the functions, because
 * clock_gettime is async-signal-safe (POSIX 2018, 2.4.3).
 */
#ifndef SPPROF_CLOCK_H
#define SPPROF_CLOCK_H

#include <errno.h>
#include <stdint.h>
#include <time.h>

#define SPPROF_NS_PER_S UINT64_C(1000000000)
#define SPPROF_NS_PER_MS UINT64_C(1000000)

/* Reads a clock that may not exist, for instance that of another thread. Returns 0 or -errno; after
 * an error, `ns` is unchanged. */
static inline int spprof_clock_read_sigsafe(clockid_t clock, uint64_t *ns) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) {
        return -errno;
    }
    *ns = (uint64_t)now.tv_sec * SPPROF_NS_PER_S + (uint64_t)now.tv_nsec;
    return 0;
}

/* Returns the reading of a clock in nanoseconds; 0 if the system does not have the clock. */
static inline uint64_t spprof_clock_ns_sigsafe(clockid_t clock) {
    uint64_t ns = 0;
    spprof_clock_read_sigsafe(clock, &ns);
    return ns;
}

#endif
