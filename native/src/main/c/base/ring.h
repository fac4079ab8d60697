/*
 * The ring through which signal handlers pass records (sample.h) to the profiler's collector, which
 * is Java code (SampleRing.java). It is a bounded ring of records of variable length in one mapped
 * block, with many writers and one reader.
 *
 *   block:  | writers' line: tail | reader's line: head | data, a power of two of bytes |
 *
 * `tail` and `head` are counts of bytes that only grow. Their low bits are a position in the data.
 * A writer reserves space by advancing `tail`, fills in the record, and publishes the record by
 * writing its length. A record never wraps: the space left at the end of the data becomes a PADDING
 * record. A reservation in a full ring fails, and the caller counts the failure. A writer that is
 * interrupted between reserve and publish delays the reader at that record, but not the other
 * writers. No record is lost.
 *
 * The reader sets the bytes that it has read to zero before it frees them. In free space, every
 * length is therefore 0, so a reserved record is invisible until it is published.
 *
 * Reserve and publish are called in the signal handler and elsewhere. They are signal-safe and take
 * no lock. Create and destroy are called by the thread that starts or ends a session. The collector
 * reads the block through a direct buffer.
 */
#ifndef SPPROF_RING_H
#define SPPROF_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/sample.h"

#define SPPROF_CACHE_LINE 128 /* x86 fetches 64-byte lines in pairs; Apple has 128-byte lines */

struct spprof_ring_block {
    _Alignas(SPPROF_CACHE_LINE) _Atomic uint64_t tail; /* bytes ever reserved; set by writers */
    _Alignas(SPPROF_CACHE_LINE) _Atomic uint64_t head; /* bytes ever freed; set by the reader */
    _Alignas(SPPROF_CACHE_LINE) unsigned char data[];
};

struct spprof_ring {
    struct spprof_ring_block *block;
    uint64_t capacity; /* bytes of data, a power of two */
    uint64_t present;  /* bytes of the block, from its beginning, whose pages are present */
};

static_assert(offsetof(struct spprof_ring_block, head) == 128, "SampleLayout.HEAD");
static_assert(offsetof(struct spprof_ring_block, data) == 256, "SampleLayout.DATA");

/* Maps a ring. `capacity` must be a power of two, at least 4096 bytes. Returns 0, -EINVAL or
 * -ENOMEM. */
int spprof_ring_create(struct spprof_ring *ring, uint64_t capacity);

/* Makes the pages present that the next records will be in (pages.h), as long as the ring is not
 * written all round. Called by one thread at a time, now and then. */
void spprof_ring_make_present(struct spprof_ring *ring);

/* Unmaps the ring. Does nothing to a ring that was never created. No writer or reader may still use
 * the ring. */
void spprof_ring_destroy(struct spprof_ring *ring);

/* Returns the size of the whole block in bytes. */
uint64_t spprof_ring_block_size(const struct spprof_ring *ring);

/*
 * Reserves a record of `size` bytes (a result of spprof_record_size). Returns NULL if the ring is
 * full.
 */
struct spprof_record *spprof_ring_reserve_sigsafe(struct spprof_ring *ring, uint32_t size);

/* Reserves a record for a sample, for what a sample refers to (METHOD, LIBRARY, FUNCTION), or for a
 * thread's times (TIMES). Such records leave one part in SPPROF_RING_NAMES of the ring free for
 * names of threads, because a name cannot be read again once its thread is gone. */
#define SPPROF_RING_NAMES 16
struct spprof_record *spprof_ring_reserve_sample_sigsafe(struct spprof_ring *ring, uint32_t size);

/* Makes a reserved and filled-in record visible to the reader. `size` is the size reserved. */
void spprof_ring_publish_sigsafe(struct spprof_record *record, uint32_t size);

#endif
