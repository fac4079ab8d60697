#include "jvm/jvmti_env.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "jvm/symbols.h"
#include "session/sampler.h"
#include "session/thread_hooks.h"
#include "threads/java_names.h"

static jvmtiEnv *jvmti; /* set when the library is loaded, before any event */

jvmtiEnv *spprof_agent_jvmti(void) {
    return jvmti;
}

struct event {
    jvmtiEnv *env;
    JNIEnv *jni;
    jthread thread;
};

static bool read_name(void *context, char *name) {
    const struct event *event = context;
    return spprof_java_names_get(event->env, event->jni, event->thread, name);
}

/* An event can be under way when the library is unloaded: it uses its own `env`, which then says
 * no. */
static void JNICALL thread_start(jvmtiEnv *env, JNIEnv *jni, jthread thread) {
    struct event event = {.env = env, .jni = jni, .thread = thread};
    spprof_thread_started(jni, spprof_java_names_work() ? NULL : read_name, &event);
}

static void JNICALL thread_end(jvmtiEnv *env, JNIEnv *jni, jthread thread) {
    struct event event = {.env = env, .jni = jni, .thread = thread};
    spprof_thread_ended(read_name, &event);
}

static void JNICALL class_load(jvmtiEnv *env, JNIEnv *jni, jthread thread, jclass type) {
    /* Empty on purpose: AsyncGetCallTrace refuses to work unless somebody listens. */
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

int spprof_agent_attach(JavaVM *vm) {
    if ((*vm)->GetEnv(vm, (void **)&jvmti, JVMTI_VERSION_11) != JNI_OK) {
        jvmti = NULL;
        return -ENOSYS;
    }
    const jvmtiEventCallbacks callbacks = {
        .ThreadStart = thread_start,
        .ThreadEnd = thread_end,
        .ClassLoad = class_load,
        .ClassPrepare = class_prepare,
        .VMDeath = vm_death,
    };
    /* Others can slow down the JVM; this one is only a right to ask. */
    const jvmtiCapabilities wanted = {.can_get_line_numbers = 1};
    (*jvmti)->AddCapabilities(jvmti, &wanted); /* without it methods have no lines */
    return (*jvmti)->SetEventCallbacks(jvmti, &callbacks, sizeof callbacks) == JVMTI_ERROR_NONE
               ? 0
               : -ENOMEM;
}

void spprof_agent_detach(void) {
    if (jvmti != NULL) {
        (*jvmti)->DisposeEnvironment(jvmti);
        jvmti = NULL;
    }
}

bool spprof_agent_is_of_jvm(const void *code) {
    /* JVMTI's functions are in the JVM's library. */
    Dl_info its, jvms;
    return jvmti != NULL && dladdr(code, &its) != 0 &&
           dladdr((const void *)(uintptr_t)(*jvmti)->GetPhase, &jvms) != 0 &&
           its.dli_fbase == jvms.dli_fbase;
}

static int switch_events(const jvmtiEvent *events, size_t count, bool on) {
    jvmtiEventMode mode = on ? JVMTI_ENABLE : JVMTI_DISABLE;
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        if ((*jvmti)->SetEventNotificationMode(jvmti, mode, events[i], NULL) != JVMTI_ERROR_NONE) {
            result = -EIO;
        }
    }
    return result;
}

int spprof_agent_hear_starts(bool hear) {
    static const jvmtiEvent starts[] = {JVMTI_EVENT_THREAD_START};
    return switch_events(starts, 1, hear);
}

int spprof_agent_events(bool on, bool classes) {
    static const jvmtiEvent of_classes[] = {JVMTI_EVENT_CLASS_LOAD, JVMTI_EVENT_CLASS_PREPARE};
    static const jvmtiEvent always[] = {JVMTI_EVENT_VM_DEATH, JVMTI_EVENT_THREAD_START,
                                        JVMTI_EVENT_THREAD_END};
    int error = classes ? switch_events(of_classes, 2, on) : 0;
    int other_error = switch_events(always, 3, on);
    return error != 0 ? error : other_error;
}
