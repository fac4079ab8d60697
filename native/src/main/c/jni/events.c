#include "jni/events.h"

#include <stddef.h>

#include "jvm/symbols.h"
#include "session/sampler.h"
#include "session/thread_hooks.h"
#include "threads/java_names.h"

struct event {
    jvmtiEnv *env;
    JNIEnv *jni;
    jthread thread;
};

static bool read_name(void *context, struct spprof_thread_name *name) {
    const struct event *event = context;
    return spprof_java_names_get(event->env, event->jni, event->thread, name);
}

/* An event can still run when the library is unloaded. The callback therefore uses its own `env`,
 * whose functions return errors once the environment is disposed of. */
static void JNICALL thread_start(jvmtiEnv *env, JNIEnv *jni, jthread thread) {
    struct event event = {.env = env, .jni = jni, .thread = thread};
    spprof_thread_started(jni, spprof_java_names_work() ? NULL : read_name, &event);
}

static void JNICALL thread_end(jvmtiEnv *env, JNIEnv *jni, jthread thread) {
    struct event event = {.env = env, .jni = jni, .thread = thread};
    spprof_thread_ended(read_name, &event);
}

static void JNICALL class_load(jvmtiEnv *env, JNIEnv *jni, jthread thread, jclass type) {
    /* This callback does nothing. It exists because AsyncGetCallTrace only works while some agent
     * has the ClassLoad event switched on. */
    (void)env, (void)jni, (void)thread, (void)type;
}

static void JNICALL class_prepare(jvmtiEnv *env, JNIEnv *jni, jthread thread, jclass type) {
    (void)jni, (void)thread;
    spprof_symbols_allocate_ids_of(env, type);
}

static void JNICALL vm_death(jvmtiEnv *env, JNIEnv *jni) {
    (void)env, (void)jni;
    spprof_sampler_vm_death();
}

const jvmtiEventCallbacks spprof_event_callbacks = {
    .ThreadStart = thread_start,
    .ThreadEnd = thread_end,
    .ClassLoad = class_load,
    .ClassPrepare = class_prepare,
    .VMDeath = vm_death,
};
