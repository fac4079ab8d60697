/*
 * A session's life on the native side: everything that must exist while signals arrive, made in one
 * order and unmade in the other.
 *
 *   start:    walker, ring and walk buffers, JVM events, method ids, handler, gate open, threads
 *             and timers
 *   stop:     teardown.c's eight steps, last names, settle the counts, JVM events off
 *   release:  ring and walk buffers
 *
 * There is one session at a time in a process that loaded one library, as there is one SIGPROF.
 * Between stop and release the ring can still be read. All functions take one lock; none is called
 * from a handler. `jni` is the calling thread's.
 */
#ifndef SPPROF_SAMPLER_H
#define SPPROF_SAMPLER_H

#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"
#include "session/thread_hooks.h"

/* SampleLayout has the same numbers. */
enum spprof_walker_choice {
    SPPROF_WALKER_AUTO = 0,
    SPPROF_WALKER_VM = 1,
    SPPROF_WALKER_AGCT = 2,
};

struct spprof_sampler_config {
    const struct spprof_engine *engine;
    enum spprof_walker_choice walker; /* AUTO: vm, or agct where that cannot work */
    uint64_t interval_ns;
    uint64_t ring_bytes;   /* a power of two */
    uint32_t walk_buffers; /* 1 to SPPROF_MAX_BUFFERS */
    uint32_t depth;        /* 1 to SPPROF_MAX_DEPTH */
    uint32_t locations;    /* entries of the walker's tables, powers of two, 8 at least */
    uint32_t methods;
};

/* When the library is loaded, perhaps not for the first time (jni.c). 0 or -ENOMEM. */
int spprof_sampler_load(void);
/* When it is unloaded: nothing is left but the code and the table of slots (slots.h). */
void spprof_sampler_unload(void);

/* 0, or a failure (failure.h), with nothing left behind but after UNDO, IN_FLIGHT and SESSION: then
 * nothing was begun. */
int spprof_sampler_start(JNIEnv *jni, const struct spprof_sampler_config *config);

/*
 * 0 or 1 (somebody replaced our handler; theirs was left): stopped. NO_SESSION: none is sampling.
 * IN_FLIGHT, DEBUGGER or SYSTEM: a handler is still in flight, a debugger holds a thread at a
 * signal, or a system call failed; nothing is freed, may be called again.
 */
int spprof_sampler_stop(JNIEnv *jni, uint32_t deadline_ms);

/* Gives back what a stopped session held. -EBUSY before a stop that succeeded. */
int spprof_sampler_release(void);

/* Looks for new and ended threads and for new libraries. `jni` is used only where starts of threads
 * were unheard in the session. Threads sampled, -EINVAL without a session
 * that is sampling, or a failure (failure.h). */
int spprof_sampler_sweep(JNIEnv *jni);

/* Reads the names of the threads that were sampled since the last time: thread_name.h. 0, or
 * -EINVAL without a session that is sampling. */
int spprof_sampler_read_names(JNIEnv *jni);

/* See thread_hooks.h; with a process's timer all but UNHEARD. 0, -EINVAL without a session that is
 * sampling, or -EIO if the JVM does not switch its event. */
int spprof_sampler_thread_starts(enum spprof_thread_starts starts);

/* See spprof_threads_search. 0 without a session that is sampling. */
uint64_t spprof_sampler_search(JNIEnv *jni);

/*
 * The interval of the session that is sampling, from now on; each thread follows at its next signal
 * (schedule.h). 0, -EINVAL without such a session or for 0 ns, -EEXIST if the process's timer is
 * somebody else's now.
 */
int spprof_sampler_set_interval(uint64_t interval_ns);

/*
 * Has the walker forget what it told of methods and locations, and tells so in the ring: room for
 * new ones; the names of threads are told again when they are next sampled, so that those of
 * others can go, too, at the next time. The gate is closed meanwhile, for less than a millisecond;
 * signals of that time are late. 0, -EINVAL without a session that is sampling, -EAGAIN without
 * room in the ring, -ETIMEDOUT if a handler hangs: nothing was forgotten then.
 */
int spprof_sampler_forget(void);

/*
 * See spprof_threads_rest. 0, or -EINVAL without a session that is sampling, or for a share of 0.
 */
int spprof_sampler_rest(uint32_t share, uint32_t turn);

/* Whether a session samples and somebody else's action is installed now. */
bool spprof_sampler_signal_is_taken(void);

/* The ring's block, NULL without a session, and its size. */
void *spprof_sampler_ring(uint64_t *size);

/* The walker of the session, or the last: vm or agct. */
enum spprof_walker_choice spprof_sampler_walker(void);
/*
 * Why the vm walker, asked for or not, was not to be had at the last start; "" if it was. Copied.
 */
void spprof_sampler_walker_problem(char *why, uint64_t size);
/* A number of enum spprof_debug_info, of the session, or the last. */
int spprof_sampler_debug_info(void);

/* The JVM is going away: no signal may walk it any more. No JNI here. */
void spprof_sampler_vm_death(void);

#endif
