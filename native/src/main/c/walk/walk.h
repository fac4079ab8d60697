/*
 * A stack walker: reads the Java stack of the thread that a signal interrupted.
 *
 * probe and the session's functions are called by ordinary threads, with the sampler's lock held
 * and no handler in flight; walk and published from the handler, on the interrupted thread.
 */
#ifndef SPPROF_WALK_H
#define SPPROF_WALK_H

#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "base/sample.h"
#include "platform/platform.h"

/* Locations that one walk may name for the first time; more of them are not remembered. */
#define SPPROF_MAX_FRESH 24

struct spprof_walk {
    /* In. */
    void *ucontext;
    void *env;       /* the thread's own JNIEnv, not NULL */
    uint64_t *words; /* room for 2 * (depth + 1) */
    uint32_t depth;  /* frames that are wanted, from the leaf on */

    /* Out. */
    uint32_t count; /* frames, or words with SPPROF_FLAG_WORDS; bytes are twice or once 8 */
    uint8_t flags;  /* SPPROF_FLAG_TRUNCATED, SPPROF_FLAG_WORDS, the state */
    int16_t result; /* SPPROF_WALK_OK, or sample.h's other numbers */
    bool ring_full; /* a name found no room: the sample is to be dropped */

    /* What `published` remembers: the address, its code, what tells that, and the location's
     * number. */
    uint32_t fresh_count;
    struct {
        uint64_t key, code; /* as locations.c makes them */
        uint32_t compile_id, number;
    } fresh[SPPROF_MAX_FRESH];
};

struct spprof_walker_config {
    struct spprof_ring *ring;
    uint32_t locations, methods; /* entries of tables, powers of two */
};

struct spprof_walker {
    const char *name;
    bool needs_ids; /* the JVM's method ids, of all classes, made beforehand */
    /* 0, or -ENOSYS and the reason in `why`, if it cannot walk in this JVM. */
    int (*probe)(JNIEnv *jni, const struct spprof_engine *engine, char *why, uint64_t size);
    /* What it needs while a session samples: 0 or -errno. destroy may be called more than once. */
    int (*create)(const struct spprof_walker_config *config);
    void (*destroy)(void);
    /* All that was told is told anew. With no handler in flight. NULL if nothing is remembered. */
    void (*forget)(void);
    /* While a session samples, several times a second: looks at what has changed since the last
     * time. NULL if nothing is to be done. */
    void (*refresh)(void);
    void (*walk_sigsafe)(struct spprof_walk *walk);
    /* The sample that was walked is in the ring. NULL if nothing is to be done. */
    void (*published_sigsafe)(const struct spprof_walk *walk);
};

extern const struct spprof_walker spprof_walker_agct;
/* Where this processor or system is not one that it knows, its probe says so. */
extern const struct spprof_walker spprof_walker_vm;

#endif
