/*
 * Walk buffers: where a handler puts the words of a stack before it knows how many there are. They
 * are too big for the interrupted thread's stack and there may be thousands of threads, so a few
 * are shared: as many handlers can be at work at once as there are CPUs, a few more are interrupted
 * half-way.
 *
 * Which buffers are taken is one atomic word. Claim and release are signal-safe; create and destroy
 * are called by whoever starts and ends a session, with no handler in flight.
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

/* `count` buffers of `words` words each. 0, -EINVAL or -ENOMEM. */
int spprof_buffers_create(struct spprof_buffers *buffers, uint32_t count, uint32_t words);
void spprof_buffers_destroy(struct spprof_buffers *buffers);

/* A buffer's number, or -1 if all are taken. */
int spprof_buffers_claim_sigsafe(struct spprof_buffers *buffers);
uint64_t *spprof_buffers_get_sigsafe(const struct spprof_buffers *buffers, int number);
void spprof_buffers_release_sigsafe(struct spprof_buffers *buffers, int number);

#endif
