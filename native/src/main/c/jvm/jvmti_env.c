#include "jvm/jvmti_env.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

static jvmtiEnv *jvmti; /* set when the library is loaded, before any event */

jvmtiEnv *spprof_jvmti(void) {
    return jvmti;
}

int spprof_jvmti_attach(JavaVM *vm, const jvmtiEventCallbacks *callbacks) {
    if ((*vm)->GetEnv(vm, (void **)&jvmti, JVMTI_VERSION_11) != JNI_OK) {
        jvmti = NULL;
        return -ENOSYS;
    }
    /* This capability only permits calls. Other capabilities can slow down the JVM. */
    const jvmtiCapabilities wanted = {.can_get_line_numbers = 1};
    (*jvmti)->AddCapabilities(jvmti, &wanted); /* if it fails, methods have no lines */
    return (*jvmti)->SetEventCallbacks(jvmti, callbacks, sizeof *callbacks) == JVMTI_ERROR_NONE
               ? 0
               : -ENOMEM;
}

void spprof_jvmti_detach(void) {
    if (jvmti != NULL) {
        (*jvmti)->DisposeEnvironment(jvmti);
        jvmti = NULL;
    }
}

bool spprof_jvmti_is_of_jvm(const void *code) {
    /* The JVM's library contains JVMTI's functions, so the address of one of them identifies the
     * library. */
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

int spprof_jvmti_hear_starts(bool hear) {
    static const jvmtiEvent starts[] = {JVMTI_EVENT_THREAD_START};
    return switch_events(starts, 1, hear);
}

int spprof_jvmti_events(bool on, bool classes) {
    static const jvmtiEvent of_classes[] = {JVMTI_EVENT_CLASS_LOAD, JVMTI_EVENT_CLASS_PREPARE};
    static const jvmtiEvent always[] = {JVMTI_EVENT_VM_DEATH, JVMTI_EVENT_THREAD_START,
                                        JVMTI_EVENT_THREAD_END};
    int error = classes ? switch_events(of_classes, 2, on) : 0;
    int other_error = switch_events(always, 3, on);
    return error != 0 ? error : other_error;
}
