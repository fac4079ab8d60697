#include "stepping.h"

#include <jni.h>
#include <jvmti.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "jvm/jvmti_env.h"
#include "platform/platform.h"
#include "walk/guard.h"
#include "walk/vm/self_test.h"
#include "walk/walk.h"

#define DEPTH 512
#define RING_BYTES (1 << 26)
#define LOCATIONS (1 << 19)
#define METHODS (1 << 15)
#define TEXT (1 << 17)

enum state { OFF, BEGINNING, STEPPING, ENDING };
static _Atomic int state;
static pthread_t stepped; /* the thread that steps */
static uint64_t steps, most_steps, caller_of_begin;
static uint64_t words[SPPROF_FRAME_WORDS * (DEPTH + 1)];
static struct spprof_ring ring;
static jint java_frames; /* when the stepping began, by JVMTI */
static char failure[256];
static void *stepped_env;

static void walk_here(void *ucontext, struct spprof_walk *walk) {
    *walk = (struct spprof_walk){
        .ucontext = ucontext, .env = stepped_env, .words = words, .depth = DEPTH};
    spprof_walker_vm.walk_sigsafe(walk);
    truth_learn(walk);
    spprof_walker_vm.published_sigsafe(walk);
}

/* Handles the trap in `begin`. The stack is that of JVMTI. */
static void begin_stepping(void *ucontext) {
    struct spprof_walk walk;
    stepping_begin(ucontext, caller_of_begin);
    do { /* until the table of locations has all locations of this stack */
        walk_here(ucontext, &walk);
    } while (walk.fresh_count > 0);
    if (walk.result != SPPROF_WALK_OK || truth_java_frames(&walk) != (uint32_t)java_frames) {
        snprintf(failure, sizeof failure, "%u frames where JVMTI has %d, result %d",
                 truth_java_frames(&walk), java_frames, walk.result);
        state = OFF;
        return;
    }
    truth_begin(&walk);
    state = STEPPING;
}

static void on_trap(int signal, siginfo_t *info, void *ucontext) {
    (void)signal, (void)info;
    struct spprof_walk walk;
    if (!pthread_equal(stepped, pthread_self()) || !stepping_is_ours(ucontext)) {
        return; /* a breakpoint that is about to go */
    }
    switch (state) {
        case BEGINNING:
            begin_stepping(ucontext);
            break;
        case STEPPING:
            walk_here(ucontext, &walk);
            truth_check(&walk, ucontext);
            if (++steps >= most_steps) {
                state = OFF;
            }
            break;
        default:
            state = OFF;
    }
    if (state == STEPPING) {
        stepping_next(ucontext);
    } else {
        stepping_stop(ucontext);
    }
}

static struct sigaction of_jvm[SIGSEGV + 1];

/* The JVM handles faults of Java code by letting the thread go on elsewhere. */
static void on_fault(int signal, siginfo_t *info, void *ucontext) {
    of_jvm[signal].sa_sigaction(signal, info, ucontext);
    if (state == STEPPING && pthread_equal(stepped, pthread_self())) {
        stepping_continued(ucontext);
    }
}

static int watch_faults(void) {
    static const int faults[] = {SIGSEGV, SIGILL};
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    for (int i = 0; i < 2; i++) {
        if (sigaction(faults[i], &action, &of_jvm[faults[i]]) != 0) {
            return -1;
        }
    }
    return 0;
}

static void method_name(uint32_t method, char *to, uint64_t size) {
    uint64_t tail = atomic_load_explicit(&ring.block->tail, memory_order_relaxed);
    for (uint64_t at = 0; at < tail;) {
        const struct spprof_record *record = (const void *)(ring.block->data + at);
        if (record->type == SPPROF_RECORD_METHOD && record->method == method) {
            snprintf(to, size, "%.*s", (int)record->name_bytes, (const char *)(record + 1));
            return;
        }
        at += (uint32_t)record->length;
    }
}

static const struct spprof_engine *engine(void) {
    static const struct spprof_engine *const engines[] = SPPROF_ENGINES;
    return engines[0];
}

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved) {
    (void)reserved;
    static const jvmtiEventCallbacks none = {0};
    return spprof_jvmti_attach(vm, &none) == 0 ? JNI_VERSION_1_8 : JNI_ERR;
}

/* Prepares the walker. Returns null, or why it cannot be used. */
JNIEXPORT jstring JNICALL Java_io_spprof_it_load_Stepped_prepare(JNIEnv *jni, jclass type) {
    (void)type;
    char why[1024] = "";
    if (spprof_walker_vm.probe(jni, engine(), why, sizeof why) != 0 || why[0] != '\0') {
        return (*jni)->NewStringUTF(jni, why);
    }
    const struct spprof_walker_config config = {
        .ring = &ring, .locations = LOCATIONS, .methods = METHODS};
    const struct sigaction action = {.sa_sigaction = on_trap,
                                     .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    if (truth_create() != 0 || watch_faults() != 0 || spprof_ring_create(&ring, RING_BYTES) != 0 ||
        spprof_walker_vm.create(&config) != 0 || sigaction(SIGTRAP, &action, NULL) != 0) {
        return (*jni)->NewStringUTF(jni, "no memory");
    }
    return NULL;
}

/* Begins to step; at most so many instructions. */
JNIEXPORT void JNICALL Java_io_spprof_it_load_Stepped_begin(JNIEnv *jni, jclass type, jint most) {
    (void)type;
    jvmtiFrameInfo infos[DEPTH];
    jvmtiEnv *jvmti = spprof_jvmti();
    if ((*jvmti)->GetStackTrace(jvmti, NULL, 0, DEPTH, infos, &java_frames) != JVMTI_ERROR_NONE) {
        java_frames = -1;
    }
    stepped = pthread_self();
    stepped_env = jni;
    steps = 0;
    most_steps = (uint64_t)most;
    caller_of_begin = (uintptr_t)__builtin_return_address(0);
    state = BEGINNING;
    stepping_trap(caller_of_begin);
}

/* Ends to step. Returns whether all instructions since `begin` were executed one by one. */
JNIEXPORT jboolean JNICALL Java_io_spprof_it_load_Stepped_end(JNIEnv *jni, jclass type) {
    (void)jni, (void)type;
    bool all = state == STEPPING;
    state = ENDING;
    stepping_stop(NULL);
    return all;
}

/* What was found since `prepare`. */
JNIEXPORT jstring JNICALL Java_io_spprof_it_load_Stepped_report(JNIEnv *jni, jclass type) {
    (void)type;
    static char text[TEXT];
    truth_report(text, sizeof text, method_name);
    if (failure[0] != '\0') {
        snprintf(text, sizeof text, "%s\n", failure);
    }
    return (*jni)->NewStringUTF(jni, text);
}

/* Compares this thread's own stack with JVMTI's. Returns null if they are the same. */
JNIEXPORT jstring JNICALL Java_io_spprof_it_load_Stepped_compare(JNIEnv *jni, jclass type) {
    (void)type;
    char why[1024] = "";
    return spprof_vm_self_test(jni, engine(), &spprof_walker_vm, why, sizeof why) == 0
               ? NULL
               : (*jni)->NewStringUTF(jni, why);
}

/* Calls Java code from native code. */
JNIEXPORT jlong JNICALL Java_io_spprof_it_load_Stepped_callBack(JNIEnv *jni, jclass type, jint left,
                                                                jlong x) {
    jmethodID method = (*jni)->GetStaticMethodID(jni, type, "calledBack", "(IJ)J");
    return method == NULL ? 0 : (*jni)->CallStaticLongMethod(jni, type, method, left, x);
}

JNIEXPORT jint JNICALL Java_io_spprof_it_load_Stepped_nativeSum(JNIEnv *jni, jobject self, jint a,
                                                                jlong b, jdouble c, jobject d,
                                                                jint e, jint f, jint g, jint h) {
    (void)jni, (void)self, (void)d;
    return a + (jint)b + (jint)c + e + f + g + h;
}
