/*
 * Walk buffers. A signal handler needs one to hold the stack words (sample.h) of a walk, because it
 * does not know how many words there are before it has walked the stack. A buffer is too big for
 * the interrupted thread's stack. There may be thousands of threads, so all threads share a few
 * buffers. A few suffice: as many handlers can run at once as there are CPUs, and a few more can be
 * preempted half-way.
 *
 * One atomic word records which buffers are taken. Claim, get and release are signal-safe. Create
 * and destroy are called by the thread that starts or ends a session, with no handler in flight.
 */
#ifndef SPPROF_BUFFERS_H
#define SPPROF_BUFFERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/sample.h"

#define SPPROF_MAX_BUFFERS 64

struct spprof_buffers {
    uint64_t *words;
    uint32_t count;  /* buffers, 1 to SPPROF_MAX_BUFFERS */
    uint32_t stride; /* words in each */
    _Atomic uint64_t busy;
};

/* Maps `count` buffers of `words` words each. Returns 0, -EINVAL or -ENOMEM. */
int spprof_buffers_create(struct spprof_buffers *buffers, uint32_t count, uint32_t words);
void spprof_buffers_destroy(struct spprof_buffers *buffers);

/* Takes a buffer for the caller. Returns its number, or -1 if all buffers are taken. */
int spprof_buffers_claim_sigsafe(struct spprof_buffers *buffers);
uint64_t *spprof_buffers_get_sigsafe(const struct spprof_buffers *buffers, int number);
void spprof_buffers_release_sigsafe(struct spprof_buffers *buffers, int number);

#endif
