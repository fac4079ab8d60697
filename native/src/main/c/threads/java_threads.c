/*
 * Finds the operating system's thread of a java.lang.Thread, as follows. The field `eetop` of
 * java.lang.Thread holds the address of HotSpot's JavaThread. The JavaThread holds the address of
 * its OSThread, and the OSThread holds the system's id of the thread. The JavaThread also contains
 * the JNIEnv, at a distance that is the same for all threads. The JVM publishes the offsets of the
 * OSThread's address and of the id in its table of structures (vmStructs.cpp). The distance of the
 * JNIEnv is measured on the calling thread. All three values are checked on the calling thread
 * before they are used on another thread.
 *
 * A thread may end while this code reads its structures. Before a thread ends, it posts ThreadEnd.
 * The callback of this event waits for the lock that is held here, if the thread has a slot (its
 * entry in the table of threads) or if the gate is closed (no session samples; thread_hooks.c). The
 * thread's JavaThread is therefore not freed meanwhile. Two kinds of threads do not
 * wait: a thread that has no slot yet, and a thread that had posted ThreadEnd before events were
 * switched on. Such a thread sets `eetop` to 0 some microseconds before its JavaThread is freed.
 * This code therefore reads `eetop` once more after the other values. It reads the other values by
 * a call that returns an error instead of causing a fault. If a thread still ends unnoticed, its
 * slot has a stale JNIEnv for the last microseconds of the thread's life. This does no harm:
 * AsyncGetCallTrace of JDK 17 and 25 takes the thread from its own thread-local storage, and only
 * compares the JNIEnv with NULL.
 *
 * Threads whose start was not reported (unheard, thread_hooks.h) can appear at any time during the
 * session. A sweep, which looks for threads without a slot, can find such a thread after the thread
 * has left ThreadEnd. Nothing would then remove the JNIEnv from the thread's new slot. A thread
 * that has left ThreadEnd has no Java frame any more. After the sweep has made the slot, this code
 * therefore asks the JVM for the number of Java frames. A thread with a Java frame has not reached
 * ThreadEnd yet, and will find the slot there.
 */
#include "threads/java_threads.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jvm/jvmti_env.h"
#include "jvm/vmstructs.h"
#include "platform/platform.h"
#include "threads/adoption.h"
#include "threads/thread_state.h"

struct layout {
    jfieldID eetop;
    uint64_t osthread;  /* offset in JavaThread */
    uint64_t thread_id; /* offset in OSThread */
    const struct spprof_engine *engine;
    int64_t env;         /* distance of the JNIEnv from the JavaThread */
    uintptr_t functions; /* the first word of every JNIEnv: the address of the function table */
};

/* JDK 17 publishes the field as JavaThread's, JDK 25 as Thread's (runtime/vmStructs.cpp). */
static const struct spprof_wanted osthread = {offsetof(struct layout, osthread),
                                              SPPROF_WANTED_OFFSET,
                                              "JavaThread",
                                              "_osthread",
                                              "Thread",
                                              "_osthread"};

static int read_word(const struct layout *layout, uint64_t address, void *value, size_t size) {
    return layout->engine->read_memory((const void *)(uintptr_t)address, value, size);
}

static int thread_id_at(const struct layout *layout, uint64_t java_thread, uint64_t *id) {
    uint64_t os_thread;
    int error = read_word(layout, java_thread + layout->osthread, &os_thread, sizeof os_thread);
    uint64_t word = 0; /* all supported platforms are little-endian: the lower bytes come first */
    if (error == 0) {
        error = read_word(layout, os_thread + layout->thread_id, &word,
                          layout->engine->vm_thread_id_size);
    }
    *id = error == 0 ? layout->engine->thread_id_of_vm(word) : 0;
    return error;
}

/*
 * Finds the calling thread among all threads, by the system's number, and measures the distance of
 * its JNIEnv. JVMTI's GetCurrentThread cannot be used. On a virtual thread it returns the virtual
 * thread, which is no thread of the system, while `jni` belongs to the carrier thread.
 */
static int find_layout(JNIEnv *jni, struct layout *layout, const jthread *threads, jint count) {
    const struct spprof_wanted thread_id = {offsetof(struct layout, thread_id),
                                            SPPROF_WANTED_OFFSET,
                                            "OSThread",
                                            layout->engine->vm_thread_id,
                                            NULL,
                                            NULL};
    if (spprof_vmstructs_read(layout, &osthread) != 0 ||
        spprof_vmstructs_read(layout, &thread_id) != 0) {
        return -ENOSYS;
    }
    jclass type = (*jni)->FindClass(jni, "java/lang/Thread");
    layout->eetop = type == NULL ? NULL : (*jni)->GetFieldID(jni, type, "eetop", "J");
    if (layout->eetop == NULL) {
        (*jni)->ExceptionClear(jni);
        return -ENOSYS;
    }
    (*jni)->DeleteLocalRef(jni, type);
    layout->functions = (uintptr_t)*jni;
    uint64_t own = layout->engine->thread_id_sigsafe();
    for (jint i = 0; i < count; i++) {
        uint64_t java_thread = (uint64_t)(*jni)->GetLongField(jni, threads[i], layout->eetop);
        uint64_t id;
        layout->env = (int64_t)((uint64_t)(uintptr_t)jni - java_thread);
        /* In all known JVMs, the JNIEnv is inside its JavaThread, which has a few kilobytes. */
        if (java_thread != 0 && layout->env > 0 && layout->env < 65536 &&
            thread_id_at(layout, java_thread, &id) == 0 && id == own) {
            return 0;
        }
    }
    return -ENOSYS;
}

/* Finds the system's number of `thread`, and its JNIEnv. Called with the lock of thread_state.h
 * held. */
static bool find_locked(JNIEnv *jni, const struct layout *layout, jthread thread, uint64_t *id,
                        void **env) {
    uint64_t java_thread = (uint64_t)(*jni)->GetLongField(jni, thread, layout->eetop);
    uint64_t address = java_thread + (uint64_t)layout->env;
    uintptr_t functions;
    *env = (void *)(uintptr_t)address;
    return java_thread != 0 && thread_id_at(layout, java_thread, id) == 0 &&
           read_word(layout, address, &functions, sizeof functions) == 0 &&
           functions == layout->functions &&
           (uint64_t)(*jni)->GetLongField(jni, thread, layout->eetop) == java_thread;
}

/* Takes and releases the lock for each thread separately, because threads that start or end
 * meanwhile wait for it. */
static void adopt(JNIEnv *jni, const struct layout *layout, jthread thread) {
    uint64_t id;
    void *env;
    spprof_threads_lock();
    if (find_locked(jni, layout, thread, &id, &env)) {
        spprof_threads_adopt_locked(id, env);
    }
    spprof_threads_unlock();
}

static bool has_frame(jthread thread) {
    jint frames;
    jvmtiEnv *jvmti = spprof_jvmti();
    return (*jvmti)->GetFrameCount(jvmti, thread, &frames) == JVMTI_ERROR_NONE && frames > 0;
}

/*
 * Asks the JVM for frames without the lock held, because the JVM may have to wait for the thread.
 */
static void adopt_found(JNIEnv *jni, const struct layout *layout, jthread thread) {
    uint64_t id, id_now;
    void *env, *env_now;
    struct spprof_found found;
    spprof_threads_lock();
    bool wanted =
        find_locked(jni, layout, thread, &id, &env) && spprof_threads_found_locked(id, &found);
    spprof_threads_unlock();
    if (!wanted || !has_frame(thread)) {
        return;
    }
    spprof_threads_lock();
    if (find_locked(jni, layout, thread, &id_now, &env_now) && id_now == id && env_now == env) {
        spprof_threads_adopt_found_locked(id, &found, env);
    }
    spprof_threads_unlock();
}

static void forget(JNIEnv *jni, jthread *threads, jint count) {
    for (jint i = 0; i < count; i++) {
        (*jni)->DeleteLocalRef(jni, threads[i]);
    }
    (*spprof_jvmti())->Deallocate(spprof_jvmti(), (unsigned char *)threads);
}

/* Gets all threads, which the caller must pass to `forget`, and fills in the layout. Returns 0. On
 * failure returns -ENOTSUP, and there are no threads to pass. */
static int all_threads(JNIEnv *jni, struct layout *layout, jthread **threads, jint *count) {
    jvmtiEnv *jvmti = spprof_jvmti();
    (*jni)->EnsureLocalCapacity(jni, SPPROF_LOCAL_REFERENCES);
    if ((*jvmti)->GetAllThreads(jvmti, count, threads) != JVMTI_ERROR_NONE) {
        return -ENOTSUP;
    }
    if (find_layout(jni, layout, *threads, *count) != 0) {
        forget(jni, *threads, *count);
        return -ENOTSUP;
    }
    return 0;
}

int spprof_java_threads_env_distance(JNIEnv *jni, const struct spprof_engine *engine,
                                     int64_t *distance) {
    struct layout layout = {.engine = engine};
    jint count;
    jthread *threads;
    int error = all_threads(jni, &layout, &threads, &count);
    if (error == 0) {
        forget(jni, threads, count);
        *distance = layout.env;
    }
    return error;
}

static int for_all(JNIEnv *jni, const struct spprof_engine *engine,
                   void (*todo)(JNIEnv *jni, const struct layout *layout, jthread thread)) {
    struct layout layout = {.engine = engine};
    jint count;
    jthread *threads;
    int error = all_threads(jni, &layout, &threads, &count);
    if (error != 0) {
        return error;
    }
    for (jint i = 0; i < count; i++) {
        todo(jni, &layout, threads[i]);
    }
    forget(jni, threads, count);
    return 0;
}

int spprof_java_threads_adopt(JNIEnv *jni, const struct spprof_engine *engine) {
    return for_all(jni, engine, adopt);
}

void spprof_java_threads_adopt_found(JNIEnv *jni, const struct spprof_engine *engine) {
    for_all(jni, engine, adopt_found); /* -ENOTSUP was reported when the session began. */
}
