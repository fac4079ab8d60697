/*
 * Finds the names of Java threads, as follows. A name look has the JNIEnvs of the wanted threads
 * and needs their java.lang.Threads. The field `eetop` of java.lang.Thread holds the address of
 * HotSpot's JavaThread. The JNIEnv is inside the JavaThread, at a distance that is the same for all
 * threads. One loop over all threads of the JVM therefore finds the java.lang.Threads of all wanted
 * JNIEnvs. The loop runs only if a thread is wanted that was not found before.
 *
 * A slot keeps a weak reference to the thread's java.lang.Thread, and another to the String that
 * was its name. Comparing references shows whether the name is still the same, without copying it.
 * The references are valid only for one life of the thread in the JVM, because another thread can
 * get a JNIEnv at the same address afterwards.
 */
#include "threads/java_names.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "jvm/jvmti_env.h"
#include "threads/java_threads.h"
#include "threads/thread_state.h"

/* The state of the session. Written while no name look is made. */
static int64_t distance;   /* bytes from a JavaThread to its JNIEnv */
static _Atomic bool works; /* relaxed: written before the events that read it are switched on */
static jfieldID eetop_field;
static jfieldID name_field;
/* The field with the number of a thread (Thread.getId cannot be asked: a subclass may override it);
 * NULL if there is none. Relaxed: an event of an earlier session may still read it, and finds NULL
 * or the same field, whose class is never unloaded. */
static _Atomic(jfieldID) id_field;

static jfieldID thread_field(JNIEnv *jni, const char *name, const char *type) {
    jclass thread = (*jni)->FindClass(jni, "java/lang/Thread");
    jfieldID field = thread == NULL ? NULL : (*jni)->GetFieldID(jni, thread, name, type);
    if (field == NULL) {
        (*jni)->ExceptionClear(jni);
    }
    (*jni)->DeleteLocalRef(jni, thread);
    return field;
}

void spprof_java_names_begin(JNIEnv *jni, const struct spprof_engine *engine) {
    eetop_field = thread_field(jni, "eetop", "J");
    name_field = thread_field(jni, "name", "Ljava/lang/String;");
    atomic_store_explicit(&id_field, thread_field(jni, "tid", "J"), memory_order_relaxed);
    bool all = eetop_field != NULL && name_field != NULL &&
               spprof_java_threads_env_distance(jni, engine, &distance) == 0;
    atomic_store_explicit(&works, all, memory_order_relaxed);
}

bool spprof_java_names_work(void) {
    return atomic_load_explicit(&works, memory_order_relaxed);
}

static uint64_t java_id(JNIEnv *jni, jthread thread) {
    jfieldID field = atomic_load_explicit(&id_field, memory_order_relaxed);
    return field == NULL ? 0 : (uint64_t)(*jni)->GetLongField(jni, thread, field);
}

bool spprof_java_names_get(jvmtiEnv *jvmti, JNIEnv *jni, jthread thread,
                           struct spprof_thread_name *name) {
    jvmtiThreadInfo info;
    if ((*jvmti)->GetThreadInfo(jvmti, thread, &info) != JVMTI_ERROR_NONE) {
        return false;
    }
    bool has = info.name != NULL;
    if (has) {
        size_t length = strnlen(info.name, SPPROF_NAME_ROOM - 1);
        memcpy(name->text, info.name, length);
        name->text[length] = '\0';
        name->java_id = java_id(jni, thread);
    }
    (*jvmti)->Deallocate(jvmti, (unsigned char *)info.name);
    (*jni)->DeleteLocalRef(jni, info.thread_group);
    (*jni)->DeleteLocalRef(jni, info.context_class_loader);
    return has;
}

static void let_go(JNIEnv *jni, void **reference) {
    if (*reference != NULL) {
        (*jni)->DeleteWeakGlobalRef(jni, *reference);
        *reference = NULL;
    }
}

static bool was_found(const struct spprof_nameless *wanted) {
    const struct spprof_slot *slot = wanted->slot;
    return slot->thread_ref != NULL && slot->ref_serial == wanted->serial &&
           slot->ref_life == wanted->life;
}

static void read_name(JNIEnv *jni, struct spprof_nameless *wanted, jthread thread) {
    struct spprof_slot *slot = wanted->slot;
    jobject string = (*jni)->GetObjectField(jni, thread, name_field);
    struct spprof_thread_name name;
    if (wanted->named && slot->name_ref != NULL && string != NULL &&
        (*jni)->IsSameObject(jni, slot->name_ref, string)) {
        spprof_name_look_found(wanted, NULL, 0);
    } else if (spprof_java_names_get(spprof_jvmti(), jni, thread, &name)) {
        let_go(jni, &slot->name_ref);
        slot->name_ref = string == NULL ? NULL : (*jni)->NewWeakGlobalRef(jni, string);
        spprof_name_look_found(wanted, name.text, name.java_id);
    }
    (*jni)->DeleteLocalRef(jni, string);
}

/* Reads the name through the slot's reference to the java.lang.Thread. Returns false if the thread
 * was not found before, or if the reference is cleared. `search` then looks for the thread. */
static bool read_known(JNIEnv *jni, struct spprof_nameless *wanted) {
    jthread thread = was_found(wanted) ? (*jni)->NewLocalRef(jni, wanted->slot->thread_ref) : NULL;
    if (thread == NULL) {
        return false;
    }
    read_name(jni, wanted, thread);
    (*jni)->DeleteLocalRef(jni, thread);
    return true;
}

static int by_env(const void *one, const void *two) {
    uintptr_t a = (uintptr_t)(*(struct spprof_nameless *const *)one)->env;
    uintptr_t b = (uintptr_t)(*(struct spprof_nameless *const *)two)->env;
    return a < b ? -1 : a > b;
}

static void remember(JNIEnv *jni, const struct spprof_nameless *wanted, jthread thread) {
    struct spprof_slot *slot = wanted->slot;
    let_go(jni, &slot->thread_ref);
    let_go(jni, &slot->name_ref);
    slot->thread_ref = (*jni)->NewWeakGlobalRef(jni, thread);
    slot->ref_serial = wanted->serial;
    slot->ref_life = wanted->life;
}

/* Finds the wanted threads in one loop over all threads of the JVM, and reads their names. */
static void search(JNIEnv *jni, struct spprof_nameless **wanted, uint32_t count) {
    jvmtiEnv *jvmti = spprof_jvmti();
    jint all;
    jthread *threads;
    qsort(wanted, count, sizeof *wanted, by_env);
    (*jni)->EnsureLocalCapacity(jni, SPPROF_LOCAL_REFERENCES);
    if ((*jvmti)->GetAllThreads(jvmti, &all, &threads) != JVMTI_ERROR_NONE) {
        return;
    }
    for (jint i = 0; i < all; i++) {
        jlong java_thread = (*jni)->GetLongField(jni, threads[i], eetop_field);
        struct spprof_nameless key = {.env = (void *)(uintptr_t)(uint64_t)(java_thread + distance)};
        const struct spprof_nameless *sought = &key;
        struct spprof_nameless **found =
            java_thread == 0 ? NULL : bsearch(&sought, wanted, count, sizeof *wanted, by_env);
        if (found != NULL) {
            remember(jni, *found, threads[i]);
            read_name(jni, *found, threads[i]);
        }
        (*jni)->DeleteLocalRef(jni, threads[i]);
    }
    (*jvmti)->Deallocate(jvmti, (unsigned char *)threads);
}

void spprof_java_names_read(JNIEnv *jni, struct spprof_nameless *threads, uint32_t count) {
    if (!spprof_java_names_work()) {
        return;
    }
    struct spprof_nameless **unknown = malloc((count + 1) * sizeof *unknown);
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (threads[i].env != NULL && !read_known(jni, &threads[i]) && unknown != NULL) {
            unknown[left++] = &threads[i];
        }
    }
    if (left > 0) {
        search(jni, unknown, left);
    }
    free(unknown);
}

void spprof_java_names_end(JNIEnv *jni) {
    spprof_threads_lock();
    for (uint32_t i = 0; i < spprof_slots_used(); i++) {
        let_go(jni, &spprof_slots_get(i)->thread_ref);
        let_go(jni, &spprof_slots_get(i)->name_ref);
    }
    spprof_threads_unlock();
}
