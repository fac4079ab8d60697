/* What sampler.c needs of a JVM: a walker that tests can steer, and events that are counted. */
#ifndef SPPROF_TEST_FAKE_JVM_H
#define SPPROF_TEST_FAKE_JVM_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "agent.h"
#include "java_threads.h"
#include "symbols.h"
#include "threads.h"
#include "walk.h"

static _Atomic int walks;           /* walks that began */
static _Atomic bool walker_hangs;   /* a walk does not come back while this is set */
static _Atomic int frames_per_walk; /* what a walk finds; less than 1 is an error code */
static bool walker_missing;
static bool events_fail;
static bool threads_unknown; /* which of the system's threads are Java threads */
static bool events_on;

static int fake_probe(void) {
    return walker_missing ? -ENOSYS : 0;
}

static int fake_walk_sigsafe(void *ucontext, void *env, struct spprof_frame *frames, int max) {
    (void)ucontext, (void)env;
    walks++;
    while (walker_hangs) {
    }
    int found = frames_per_walk;
    for (int i = 0; i < found && i < max; i++) {
        frames[i] = (struct spprof_frame){.bci = i, .method = (uint64_t)i + 1};
    }
    errno = EDOM; /* a handler must not let this out */
    return found < max ? found : max;
}

const struct spprof_walker spprof_walker_agct = {
    .name = "fake", .probe = fake_probe, .walk_sigsafe = fake_walk_sigsafe};

int spprof_agent_events(bool on) {
    if (on && events_fail) {
        return -EIO;
    }
    events_on = on;
    return 0;
}

void spprof_symbols_allocate_ids(JNIEnv *jni) {
    (void)jni;
}

/* The calling thread is the one Java thread that there was before the session. */
int spprof_java_threads_adopt(JNIEnv *jni, const struct spprof_engine *engine) {
    (void)jni;
    if (threads_unknown) {
        return -ENODATA;
    }
    spprof_threads_lock();
    spprof_threads_adopt_locked(engine->thread_id(), &walks, "main");
    spprof_threads_unlock();
    return 0;
}

#endif
