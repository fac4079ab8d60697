/*
 * The walker `agct`. It walks with AsyncGetCallTrace, an undocumented function that HotSpot has for
 * profilers. walk.h states which threads call its functions. AsyncGetCallTrace has two conditions:
 *
 * - Each method needs a method id; otherwise the id in its frame is NULL. symbols.c lets the JVM
 *   allocate the ids.
 * - A JVMTI environment must listen to the event ClassLoad; otherwise the result is always -1.
 *   jvmti_env.c switches the event on.
 */
#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <jni.h>
#include <stddef.h>
#include <stdio.h>

#include "walk/walk.h"

/* The same structure as ASGCT_CallFrame in HotSpot's forte.cpp. It is as big as the two words of an
 * ID_FRAME. */
struct call_frame {
    jint bci; /* forte.cpp calls it lineno */
    jmethodID method;
};

static_assert(sizeof(struct call_frame) == SPPROF_FRAME_WORDS * sizeof(uint64_t), "two words");
static_assert(offsetof(struct call_frame, method) == sizeof(uint64_t), "the id is the second");

struct call_trace {
    JNIEnv *env;
    jint num_frames;
    struct call_frame *frames;
};

static void (*async_get_call_trace)(struct call_trace *trace, jint depth, void *ucontext);

static int probe(JNIEnv *jni, const struct spprof_engine *engine, char *why, uint64_t size) {
    (void)jni, (void)engine;
    *(void **)&async_get_call_trace = dlsym(RTLD_DEFAULT, "AsyncGetCallTrace");
    if (async_get_call_trace == NULL) {
        snprintf(why, size, "this JVM has no AsyncGetCallTrace");
        return -ENOSYS;
    }
    return 0;
}

static int create(const struct spprof_walker_config *config) {
    (void)config;
    return 0;
}

static void destroy(void) {
}

static void walk_sigsafe(struct spprof_walk *walk) {
    struct call_frame *frames = (struct call_frame *)walk->words;
    struct call_trace trace = {.env = walk->env, .frames = frames};
    int depth = (int)walk->depth;
    /* One frame more than is kept shows whether the stack continues. */
    async_get_call_trace(&trace, depth + 1, walk->ucontext);
    int found = trace.num_frames;
    walk->result = (int16_t)(found > 0 ? SPPROF_WALK_OK : found);
    int kept = found > depth ? depth : found > 0 ? found : 0;
    for (int i = 0; i < kept; i++) { /* in place: the id stays where it is */
        walk->words[SPPROF_FRAME_WORDS * i] =
            spprof_frame_word(SPPROF_WORD_ID_FRAME, frames[i].bci, 0);
    }
    walk->count = SPPROF_FRAME_WORDS * (uint32_t)kept;
    walk->flags = found > depth ? SPPROF_FLAG_TRUNCATED : 0;
}

const struct spprof_walker spprof_walker_agct = {
    .name = "agct",
    .needs_ids = true,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .walk_sigsafe = walk_sigsafe,
};
