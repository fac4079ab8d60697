/*
 * AsyncGetCallTrace: an undocumented function of HotSpot, made for this purpose. It returns NULL
 * ids for methods that have none yet (symbols.c allocates them), and -1 unless some JVMTI
 * environment listens to ClassLoad (agent.c does).
 */
#include <dlfcn.h>
#include <errno.h>
#include <jni.h>

#include "walk.h"

/* As in HotSpot's forte.cpp. */
struct call_trace {
    JNIEnv *env;
    jint num_frames;
    struct spprof_frame *frames; /* ASGCT_CallFrame: jint lineno (a bci), jmethodID */
};

static void (*async_get_call_trace)(struct call_trace *trace, jint depth, void *ucontext);

static int probe(void) {
    *(void **)&async_get_call_trace = dlsym(RTLD_DEFAULT, "AsyncGetCallTrace");
    return async_get_call_trace != NULL ? 0 : -ENOSYS;
}

static int walk_sigsafe(void *ucontext, void *env, struct spprof_frame *frames, int max) {
    struct call_trace trace = {.env = env, .num_frames = 0, .frames = frames};
    async_get_call_trace(&trace, max, ucontext);
    return trace.num_frames;
}

const struct spprof_walker spprof_walker_agct = {
    .name = "agct",
    .probe = probe,
    .walk_sigsafe = walk_sigsafe,
};
