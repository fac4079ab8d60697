/*
 * The interface of a stack walker, which reads the Java stack of the thread that a signal
 * interrupted. It has two implementations: vm/walk_vm.c, the profiler's own, and walk_agct.c, which
 * calls AsyncGetCallTrace.
 *
 * probe, create, destroy, forget and refresh are called with the sampler's lock held, never in a
 * signal handler. Except for refresh, they are called with no handler in flight. walk and published
 * are called in the handler, on the interrupted thread.
 */
#ifndef SPPROF_WALK_H
#define SPPROF_WALK_H

#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "base/sample.h"
#include "platform/platform.h"

/* The number of locations that one walk can define. Further new locations are not remembered. */
#define SPPROF_MAX_FRESH 24

struct spprof_walk {
    /* Set by the caller. */
    void *ucontext;
    void *env;       /* the thread's own JNIEnv; NULL: it has no Java stack */
    uint64_t *words; /* room for SPPROF_FRAME_WORDS * (depth + 1) */
    uint32_t depth;  /* the greatest number of frames to return, from the leaf on */

    /* Set by the walker. */
    uint32_t count;  /* number of words */
    uint32_t native; /* of these, frames of native code; they come first */
    uint8_t flags;   /* SPPROF_FLAG_TRUNCATED, the state */
    int16_t result;  /* SPPROF_WALK_OK, or one of the other results in sample.h */
    bool ring_full;  /* a definition found no room: the sample is to be dropped */

    /* What `published` stores for each new location: its address, the code blob that contains the
     * address, the id of the compilation, and the location's number. */
    uint32_t fresh_count;
    struct {
        uint64_t key, code; /* as locations.c computes them */
        uint32_t compile_id, number;
    } fresh[SPPROF_MAX_FRESH];
};

struct spprof_walker_config {
    struct spprof_ring *ring;
    uint32_t locations, methods; /* sizes of the tables in entries, powers of two */
    uint32_t known_frames;       /* the same for known_frames.h; 0: no native frames are written */
};

struct spprof_walker {
    const char *name;
    bool needs_ids; /* needs the JVM's method ids of all classes allocated beforehand */
    /* Called before each session. Returns 0, or -ENOSYS with the reason in `why` if this JVM cannot
     * be walked. If it returns 0, `why` is "" or says which frames cannot be walked. */
    int (*probe)(JNIEnv *jni, const struct spprof_engine *engine, char *why, uint64_t size);
    /* Creates and frees the resources of a session. create returns 0 or -errno. destroy may be
     * called more than once. */
    int (*create)(const struct spprof_walker_config *config);
    void (*destroy)(void);
    /* Forgets all definitions, so that they are written to the ring again. Called with no handler
     * in flight. NULL if the walker remembers nothing. */
    void (*forget)(void);
    /* Called several times a second while a session samples: checks what has changed since the last
     * call. NULL if there is nothing to check. */
    void (*refresh)(void);
    void (*walk_sigsafe)(struct spprof_walk *walk);
    /* Called once the sample of the walk is in the ring. NULL if there is nothing to do. */
    void (*published_sigsafe)(const struct spprof_walk *walk);
    /* Returns whether walk also walks threads without a Java stack. Called after create. NULL: it
     * does not. */
    bool (*walks_native_threads)(void);
};

extern const struct spprof_walker spprof_walker_agct;
/* The walker's own probe fails on a processor or system that it does not support. */
extern const struct spprof_walker spprof_walker_vm;

#endif
