/*
 * The record in the ring: what the handler writes and the collector reads.
 *
 * Records are 16-byte aligned; `length` says how long one is, header included. It is written last,
 * with release order, and 0 until then: a reader that sees it (acquire) sees all the rest.
 *
 *    0        4     5      6        8           12          16        24        32
 *   +--------+-----+------+--------+-----------+-----------+---------+---------+------------------
 *   | length | type| flags| walk   | thread    | count     | time    | cpu     | frames: 16 bytes
 *   | int32  | u8  | u8   | int16  | u32       | u32       | ns, u64 | ns, u64 | each; or a name
 *   +--------+-----+------+--------+-----------+-----------+---------+---------+------------------
 *
 * SAMPLE   count = frames, leaf first; walk = 1 if the stack was walked, else why it was not
 * THREAD   count = bytes of the thread's name (modified UTF-8) that follow; time and cpu are 0
 * PADDING  only length and type are set: the rest of the ring up to its end
 *
 * Who writes: SAMPLE the handler, THREAD whoever registers a thread. Who reads: the Java collector
 * (io.spprof.sampler.SampleLayout holds the same numbers; a test compares the two).
 */
#ifndef SPPROF_SAMPLE_H
#define SPPROF_SAMPLE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SPPROF_RECORD_SAMPLE = 1,
    SPPROF_RECORD_THREAD = 2,
    SPPROF_RECORD_PADDING = 3,
};

enum {
    SPPROF_FLAG_TRUNCATED = 1, /* the stack was deeper than `count` */
    SPPROF_FLAG_NATIVE = 2,    /* not a Java thread (GC, JIT, VM, native library) */
};

/* `walk` besides AsyncGetCallTrace's own codes, which are 0 to -10. */
enum {
    SPPROF_WALK_OK = 1,
    SPPROF_WALK_NATIVE_THREAD = -100, /* there is no Java stack to walk */
    SPPROF_WALK_THREAD_EXIT = -101, /* CPU time since the last tick, settled as the thread ended */
};

#define SPPROF_RECORD_ALIGN 16u
#define SPPROF_MAX_DEPTH 2048
#define SPPROF_MAX_NAME 256 /* bytes kept of a thread's name */

/* Laid out like AsyncGetCallTrace's ASGCT_CallFrame, which the walker fills in place. */
struct spprof_frame {
    int32_t bci; /* byte code index; -3 = native method */
    int32_t reserved;
    uint64_t method; /* jmethodID */
};

struct spprof_record {
    int32_t length;
    uint8_t type;
    uint8_t flags;
    int16_t walk;
    uint32_t thread; /* serial number of the thread within the session */
    uint32_t count;
    uint64_t time_ns; /* CLOCK_MONOTONIC */
    uint64_t cpu_ns;  /* CPU time that the sample stands for: (1 + overrun) x interval */
};

static_assert(sizeof(struct spprof_frame) == 16, "frames are 16 bytes");
static_assert(offsetof(struct spprof_frame, method) == 8, "method id at 8");
static_assert(sizeof(struct spprof_record) == 32, "the header is 32 bytes");
static_assert(offsetof(struct spprof_record, time_ns) == 16, "no hole before the time");

/* Bytes of a record with `payload` bytes behind its header. */
static inline uint32_t spprof_record_size(uint32_t payload) {
    uint32_t size = (uint32_t)sizeof(struct spprof_record) + payload;
    return (size + SPPROF_RECORD_ALIGN - 1) & ~(SPPROF_RECORD_ALIGN - 1);
}

#endif
