/*
 * The entry points from Java: the native methods of io.spprof.sampler.NativeSampler, and the
 * loading and unloading of the library. The functions only convert arguments and results; the
 * logic is in the functions that they call. javac generates the header of the native methods, so
 * the C compiler reports a changed signature.
 */
#include <dlfcn.h>
#include <jni.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/buffers.h"
#include "base/clock.h"
#include "base/counters.h"
#include "base/failure.h"
#include "base/lock.h"
#include "base/ring.h"
#include "io_spprof_sampler_NativeSampler.h"
#include "jni/events.h"
#include "jvm/jvmti_env.h"
#include "jvm/symbols.h"
#include "platform/delivery.h"
#include "session/sampler.h"
#include "threads/thread_state.h"
#include "threads/threads.h"
#include "walk/table.h"
#include "walk/vm/debug_info.h"
#include "walk/vm/method_hints.h"

/*
 * Keeps this library's code mapped for the life of the process, even when the JVM unloads the
 * library. A handler that has left the gate is no longer counted, but still executes its last
 * instructions, and its thread can be preempted there for any time.
 */
static bool stay_mapped(void) {
    Dl_info info;
    if (dladdr(&spprof_counters, &info) == 0 || info.dli_fname == NULL) {
        return false;
    }
    void *library = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
    if (library == NULL) {
        return false;
    }
    dlclose(library);
    return true;
}

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved) {
    (void)reserved;
    if (!stay_mapped() || spprof_sampler_load() != 0 ||
        spprof_jvmti_attach(vm, &spprof_event_callbacks) != 0) {
        spprof_jvmti_detach();
        return JNI_ERR; /* System.load throws UnsatisfiedLinkError */
    }
    return JNI_VERSION_1_8;
}

JNIEXPORT void JNICALL JNI_OnUnload(JavaVM *vm, void *reserved) {
    (void)vm, (void)reserved;
    spprof_sampler_unload();
    spprof_jvmti_detach();
}

/* Returns the engine with a number (platform.h), or NULL if this platform has no such engine. */
static const struct spprof_engine *engine_of(jint number) {
    static const struct spprof_engine *const engines[] = SPPROF_ENGINES;
    return number >= 0 && number < (jint)(sizeof engines / sizeof *engines) ? engines[number]
                                                                            : NULL;
}

JNIEXPORT jint JNICALL Java_io_spprof_sampler_NativeSampler_start0(
    JNIEnv *jni, jclass type, jint engine, jint walker, jlong interval_ns, jlong ring_bytes,
    jint walk_buffers, jint depth, jint locations, jint methods, jint known_frames) {
    (void)type;
    if (engine_of(engine) == NULL) {
        return SPPROF_FAILED(ENGINE, 0);
    }
    const struct spprof_sampler_config config = {
        .engine = engine_of(engine),
        .walker = (enum spprof_walker_choice)walker,
        .interval_ns = (uint64_t)interval_ns,
        .ring_bytes = (uint64_t)ring_bytes,
        .walk_buffers = (uint32_t)walk_buffers,
        .depth = (uint32_t)depth,
        .locations = (uint32_t)locations,
        .methods = (uint32_t)methods,
        .known_frames = (uint32_t)known_frames,
    };
    return spprof_failure_for_java(spprof_sampler_start(jni, &config));
}

JNIEXPORT jint JNICALL Java_io_spprof_sampler_NativeSampler_probe0(JNIEnv *jni, jclass type,
                                                                   jint engine) {
    (void)jni, (void)type;
    return engine_of(engine) == NULL ? SPPROF_FAILED(ENGINE, 0)
                                     : spprof_failure_for_java(engine_of(engine)->probe());
}

JNIEXPORT jint JNICALL Java_io_spprof_sampler_NativeSampler_stop0(JNIEnv *jni, jclass type,
                                                                  jint deadline_ms) {
    (void)type;
    return spprof_failure_for_java(spprof_sampler_stop(jni, (uint32_t)deadline_ms));
}

JNIEXPORT jboolean JNICALL Java_io_spprof_sampler_NativeSampler_release0(JNIEnv *jni, jclass type) {
    (void)jni, (void)type;
    return spprof_sampler_release() == 0 ? JNI_TRUE : JNI_FALSE;
}

JNIEXPORT void JNICALL Java_io_spprof_sampler_NativeSampler_sweep0(JNIEnv *jni, jclass type) {
    (void)type;
    spprof_sampler_sweep(jni);
}

JNIEXPORT void JNICALL Java_io_spprof_sampler_NativeSampler_readNames0(JNIEnv *jni, jclass type) {
    (void)type;
    spprof_sampler_read_names(jni);
}

JNIEXPORT void JNICALL Java_io_spprof_sampler_NativeSampler_readKernelTimes0(JNIEnv *jni,
                                                                             jclass type) {
    (void)jni, (void)type;
    spprof_sampler_read_kernel_times();
}

JNIEXPORT jlong JNICALL Java_io_spprof_sampler_NativeSampler_signalCost0(JNIEnv *jni, jclass type) {
    (void)jni, (void)type;
    return (jlong)spprof_sampler_signal_cost();
}

JNIEXPORT void JNICALL Java_io_spprof_sampler_NativeSampler_setThreadStarts0(JNIEnv *jni,
                                                                             jclass type,
                                                                             jint starts) {
    (void)jni, (void)type;
    spprof_sampler_thread_starts((enum spprof_thread_starts)starts);
}

JNIEXPORT jlong JNICALL Java_io_spprof_sampler_NativeSampler_search0(JNIEnv *jni, jclass type) {
    (void)type;
    return (jlong)spprof_sampler_search(jni);
}

JNIEXPORT jstring JNICALL Java_io_spprof_sampler_NativeSampler_blocking0(JNIEnv *jni, jclass type) {
    (void)type;
    char text[256];
    return spprof_threads_blocking(text, sizeof text) ? (*jni)->NewStringUTF(jni, text) : NULL;
}

JNIEXPORT jboolean JNICALL Java_io_spprof_sampler_NativeSampler_setInterval0(JNIEnv *jni,
                                                                             jclass type,
                                                                             jlong interval_ns) {
    (void)jni, (void)type;
    return spprof_sampler_set_interval((uint64_t)interval_ns) == 0 ? JNI_TRUE : JNI_FALSE;
}

JNIEXPORT jboolean JNICALL Java_io_spprof_sampler_NativeSampler_forget0(JNIEnv *jni, jclass type) {
    (void)jni, (void)type;
    return spprof_sampler_forget() == 0 ? JNI_TRUE : JNI_FALSE;
}

JNIEXPORT void JNICALL Java_io_spprof_sampler_NativeSampler_rest0(JNIEnv *jni, jclass type,
                                                                  jint share, jint turn) {
    (void)jni, (void)type;
    spprof_sampler_rest((uint32_t)share, (uint32_t)turn);
}

JNIEXPORT jint JNICALL Java_io_spprof_sampler_NativeSampler_lastThreadError0(JNIEnv *jni,
                                                                             jclass type) {
    (void)jni, (void)type;
    return spprof_failure_for_java(spprof_threads_last_error());
}

/* The result is not converted by spprof_failure_for_java, because only Linux returns error numbers
 * here. */
JNIEXPORT jint JNICALL Java_io_spprof_sampler_NativeSampler_deliveryProblem0(JNIEnv *jni,
                                                                             jclass type) {
    (void)jni, (void)type;
    return spprof_delivery_problem();
}

/* Java's ProcessHandle would return the same number, but costs some ms of CPU time. */
JNIEXPORT jlong JNICALL Java_io_spprof_sampler_NativeSampler_pid0(JNIEnv *jni, jclass type) {
    (void)jni, (void)type;
    return getpid();
}

JNIEXPORT jboolean JNICALL Java_io_spprof_sampler_NativeSampler_signalIsTaken0(JNIEnv *jni,
                                                                               jclass type) {
    (void)jni, (void)type;
    return spprof_sampler_signal_is_taken() ? JNI_TRUE : JNI_FALSE;
}

JNIEXPORT void JNICALL Java_io_spprof_sampler_NativeSampler_exclude0(JNIEnv *jni, jclass type,
                                                                     jboolean excluded) {
    (void)jni, (void)type;
    spprof_threads_exclude(excluded == JNI_TRUE);
}

JNIEXPORT jobject JNICALL Java_io_spprof_sampler_NativeSampler_ring0(JNIEnv *jni, jclass type) {
    (void)type;
    uint64_t size;
    void *block = spprof_sampler_ring(&size);
    return block == NULL ? NULL : (*jni)->NewDirectByteBuffer(jni, block, (jlong)size);
}

JNIEXPORT jobject JNICALL Java_io_spprof_sampler_NativeSampler_counters0(JNIEnv *jni, jclass type) {
    (void)type;
    return (*jni)->NewDirectByteBuffer(jni, &spprof_counters, sizeof spprof_counters);
}

JNIEXPORT jint JNICALL Java_io_spprof_sampler_NativeSampler_walker0(JNIEnv *jni, jclass type) {
    (void)jni, (void)type;
    return (jint)spprof_sampler_walker();
}

JNIEXPORT jstring JNICALL Java_io_spprof_sampler_NativeSampler_walkerProblem0(JNIEnv *jni,
                                                                              jclass type) {
    (void)type;
    char why[1280];
    spprof_sampler_walker_problem(why, sizeof why);
    return (*jni)->NewStringUTF(jni, why);
}

JNIEXPORT jint JNICALL Java_io_spprof_sampler_NativeSampler_debugInfo0(JNIEnv *jni, jclass type) {
    (void)jni, (void)type;
    return spprof_sampler_debug_info();
}

JNIEXPORT jstring JNICALL Java_io_spprof_sampler_NativeSampler_methodName0(JNIEnv *jni, jclass type,
                                                                           jlong method) {
    (void)type;
    return spprof_symbols_name(jni, (uint64_t)method);
}

JNIEXPORT jintArray JNICALL Java_io_spprof_sampler_NativeSampler_methodLines0(JNIEnv *jni,
                                                                              jclass type,
                                                                              jlong method) {
    (void)type;
    return spprof_symbols_lines(jni, (uint64_t)method);
}

JNIEXPORT jlong JNICALL Java_io_spprof_sampler_NativeSampler_threadCpuNanos0(JNIEnv *jni,
                                                                             jclass type) {
    (void)jni, (void)type;
    return (jlong)spprof_clock_ns_sigsafe(CLOCK_THREAD_CPUTIME_ID);
}

JNIEXPORT jlong JNICALL Java_io_spprof_sampler_NativeSampler_timeNanos0(JNIEnv *jni, jclass type) {
    (void)jni, (void)type;
    return (jlong)spprof_clock_ns_sigsafe(CLOCK_MONOTONIC);
}

#define NAME(name) #name " "

/* Returns both lists of failure.h in their order. A blank follows each entry. */
JNIEXPORT jstring JNICALL Java_io_spprof_sampler_NativeSampler_failures0(JNIEnv *jni, jclass type) {
    (void)type;
#define NAME_AND_NUMBER(name, number) #name "=" #number " "
    return (*jni)->NewStringUTF(jni, SPPROF_FAILURES(NAME) SPPROF_ERROR_NUMBERS(NAME_AND_NUMBER));
}

/* Returns the reasons in counters.h in their order. A blank follows each name. */
JNIEXPORT jstring JNICALL Java_io_spprof_sampler_NativeSampler_drops0(JNIEnv *jni, jclass type) {
    (void)type;
    return (*jni)->NewStringUTF(jni, SPPROF_DROPS(NAME));
}

/* Returns sizes, offsets and numbers, in the order of SampleLayout.described(). */
JNIEXPORT jintArray JNICALL Java_io_spprof_sampler_NativeSampler_layout0(JNIEnv *jni, jclass type) {
    (void)type;
    const jint layout[] = {
        offsetof(struct spprof_ring_block, tail),
        offsetof(struct spprof_ring_block, head),
        offsetof(struct spprof_ring_block, data),
        SPPROF_RECORD_ALIGN,
        SPPROF_RECORD_SAMPLE,
        SPPROF_RECORD_THREAD,
        SPPROF_RECORD_PADDING,
        SPPROF_RECORD_METHOD,
        SPPROF_RECORD_FORGET,
        SPPROF_RECORD_LIBRARY,
        SPPROF_RECORD_FUNCTION,
        SPPROF_RECORD_TIMES,
        SPPROF_FLAG_TRUNCATED,
        SPPROF_FLAG_NATIVE,
        SPPROF_STATE_SHIFT,
        SPPROF_STATE_IN_JAVA,
        SPPROF_STATE_IN_NATIVE,
        SPPROF_STATE_IN_VM,
        SPPROF_STATE_OTHER,
        SPPROF_WALK_OK,
        SPPROF_WALK_VIRTUAL,
        SPPROF_WALK_FROZEN,
        SPPROF_WALK_BROKEN_STACK,
        SPPROF_WALK_BROKEN_CODE,
        SPPROF_WALK_BROKEN_METHOD,
        SPPROF_WALK_BROKEN_STUB,
        SPPROF_WALK_BROKEN_INTERPRETER,
        SPPROF_WALK_BROKEN_ENTRY,
        SPPROF_WALK_BROKEN_NATIVE,
        SPPROF_WALK_BROKEN_SCOPES,
        SPPROF_WALK_BROKEN_DEOPT,
        SPPROF_WALK_NATIVE_THREAD,
        SPPROF_WALK_THREAD_EXIT,
        offsetof(struct spprof_record, length),
        offsetof(struct spprof_record, type),
        offsetof(struct spprof_record, flags),
        offsetof(struct spprof_record, walk),
        offsetof(struct spprof_record, thread),
        offsetof(struct spprof_record, method),
        offsetof(struct spprof_record, library),
        offsetof(struct spprof_record, words),
        offsetof(struct spprof_record, name_bytes),
        offsetof(struct spprof_record, in_library),
        offsetof(struct spprof_record, time_ns),
        offsetof(struct spprof_record, user_ns),
        offsetof(struct spprof_record, system_id),
        offsetof(struct spprof_record, address),
        offsetof(struct spprof_record, cpu_ns),
        offsetof(struct spprof_record, line_count),
        offsetof(struct spprof_record, system_ns),
        offsetof(struct spprof_record, java_id),
        offsetof(struct spprof_record, id_bytes),
        sizeof(struct spprof_record),
        SPPROF_WORD_FRAME,
        SPPROF_WORD_LOCATION,
        SPPROF_WORD_DEFINE,
        SPPROF_WORD_ID_FRAME,
        SPPROF_WORD_BROKEN_AT,
        SPPROF_WORD_CALL,
        SPPROF_WORD_KIND_SHIFT,
        SPPROF_WORD_SHIFT,
        SPPROF_BCI_BIAS,
        SPPROF_FRAME_WORDS,
        (jint)SPPROF_TRANSIENT,
        SPPROF_ENGINE_CTIMER,
        SPPROF_ENGINE_ITIMER,
        SPPROF_WALKER_AUTO,
        SPPROF_WALKER_VM,
        SPPROF_WALKER_AGCT,
        SPPROF_DEBUG_INFO_EXACT,
        SPPROF_DEBUG_INFO_SINCE_SESSION,
        SPPROF_DEBUG_INFO_SAFEPOINTS,
        SPPROF_STARTS_TIMED,
        SPPROF_STARTS_LATE,
        SPPROF_STARTS_UNHEARD,
        SPPROF_FAILURE_SHIFT,
        SPPROF_DELIVERY_REALTIME,
        SPPROF_MAX_DEPTH,
        SPPROF_MAX_BUFFERS,
        sizeof(struct spprof_table_entry),
        SPPROF_METHOD_HINT_BYTES,
        SPPROF_SIGNAL,
        offsetof(struct spprof_counters, signals),
        offsetof(struct spprof_counters, committed),
        offsetof(struct spprof_counters, dropped_cpu_ns),
        offsetof(struct spprof_counters, unsignalled_cpu_ns),
        offsetof(struct spprof_counters, unseen_cpu_ns),
        SPPROF_TIMED_EVERY,
        offsetof(struct spprof_counters, timed_handler_ns),
        offsetof(struct spprof_counters, timed_walk_ns),
        offsetof(struct spprof_counters, hooks),
        offsetof(struct spprof_counters, timed_hook_ns),
        offsetof(struct spprof_counters, threads_sampled),
        offsetof(struct spprof_counters, threads_failed),
        offsetof(struct spprof_counters, user_cpu_ns),
        offsetof(struct spprof_counters, system_cpu_ns),
        offsetof(struct spprof_counters, cpu_wait_ns),
        offsetof(struct spprof_counters, cpu_wait_known),
        offsetof(struct spprof_counters, dropped),
        sizeof(struct spprof_counters),
    };
    jsize count = (jsize)(sizeof layout / sizeof *layout);
    jintArray result = (*jni)->NewIntArray(jni, count);
    if (result != NULL) {
        (*jni)->SetIntArrayRegion(jni, result, 0, count, layout);
    }
    return result;
}
