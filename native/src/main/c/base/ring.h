/*
 * A bounded ring of variable-length records in one mapped block: many writers, one reader.
 *
 *   block:  | writers' line: tail | reader's line: head | data, a power of two of bytes |
 *
 * `tail` and `head` are byte counts that only grow; a position in the data is their low bits.
 * Writers reserve by moving `tail`, fill in the record, and publish it by writing its length. A
 * record never wraps: what is left at the end becomes a PADDING record. A full ring refuses; the
 * caller counts. A writer that is interrupted between reserve and publish holds up the reader
 * there, not the other writers; nothing is lost.
 *
 * The reader sets what it has read to zero before it gives it back: so every length in free space
 * is 0, and a reserved record is invisible until it is published.
 *
 * Who calls: reserve and publish from the signal handler and from ordinary threads (signal-safe, no
 * lock); create and destroy from the thread that starts or ends a session. The reader is the Java
 * collector, through a direct buffer over the block (SampleRing.java).
 */
#ifndef SPPROF_RING_H
#define SPPROF_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/sample.h"

#define SPPROF_CACHE_LINE 128 /* two lines: x86 fetches them in pairs, Apple's are 128 */

struct spprof_ring_block {
    _Alignas(SPPROF_CACHE_LINE) _Atomic uint64_t tail; /* bytes ever reserved; writers */
    _Alignas(SPPROF_CACHE_LINE) _Atomic uint64_t head; /* bytes ever given back; reader */
    _Alignas(SPPROF_CACHE_LINE) unsigned char data[];
};

struct spprof_ring {
    struct spprof_ring_block *block;
    uint64_t capacity; /* bytes of data, a power of two */
};

static_assert(offsetof(struct spprof_ring_block, head) == 128, "SampleLayout.HEAD");
static_assert(offsetof(struct spprof_ring_block, data) == 256, "SampleLayout.DATA");

/* Maps a ring. `capacity` must be a power of two of at least 4096. 0, -EINVAL or -ENOMEM. */
int spprof_ring_create(struct spprof_ring *ring, uint64_t capacity);

/* Unmaps it; a ring that was never created is left alone. No writer or reader may be left. */
void spprof_ring_destroy(struct spprof_ring *ring);

/* Bytes of the whole block. */
uint64_t spprof_ring_block_size(const struct spprof_ring *ring);

/*
 * Room for a record of `size` bytes (a result of spprof_record_size), or NULL if the ring is full.
 */
struct spprof_record *spprof_ring_reserve_sigsafe(struct spprof_ring *ring, uint32_t size);

/* The same for a sample and what belongs to it, which leave one part in so many of the ring free:
 * for names of threads, which cannot be asked for again once a thread has gone. */
#define SPPROF_RING_NAMES 16
struct spprof_record *spprof_ring_reserve_sample_sigsafe(struct spprof_ring *ring, uint32_t size);

/* Makes a reserved and filled-in record visible; `size` as reserved. */
void spprof_ring_publish_sigsafe(struct spprof_record *record, uint32_t size);

#endif
