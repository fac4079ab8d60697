/*
 * A fake JVM for tests of sampler.c. Tests control its stack walker, and can see whether the
 * sampler has switched the JVM's events on.
 */
#ifndef SPPROF_TEST_FAKE_JVM_H
#define SPPROF_TEST_FAKE_JVM_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "jvm/jvmti_env.h"
#include "jvm/symbols.h"
#include "threads/adoption.h"
#include "threads/java_names.h"
#include "threads/java_threads.h"
#include "threads/thread_state.h"
#include "walk/vm/debug_info.h"
#include "walk/walk.h"

static _Atomic int walks;           /* walks that began */
static _Atomic bool walker_hangs;   /* a walk does not return while this is set */
static _Atomic bool walk_hangs;     /* a walk has found it set, and waits */
static _Atomic int frames_per_walk; /* number of frames that a walk finds; a value below 1 is an
                                     * error code */
static bool walker_missing;
static bool walker_limited; /* the walker's probe succeeds, with a limitation */
static bool walker_made;    /* the walker holds what it needs for a session */
static bool events_fail;
static bool threads_unknown; /* the JVM cannot say which of the system's threads are Java threads */
static bool events_on;
static bool starts_heard;

static int fake_probe(JNIEnv *jni, const struct spprof_engine *engine, char *why, uint64_t size) {
    (void)jni, (void)engine;
    snprintf(why, size, "%s", walker_missing || walker_limited ? "the test says so" : "");
    return walker_missing ? -ENOSYS : 0;
}

static int fake_create(const struct spprof_walker_config *walker) {
    (void)walker;
    walker_made = true;
    return 0;
}

static void fake_destroy(void) {
    walker_made = false;
}

static void fake_walk_sigsafe(struct spprof_walk *walk) {
    walks++;
    while (walker_hangs) {
        walk_hangs = true;
    }
    walk_hangs = false;
    int found = frames_per_walk, depth = (int)walk->depth;
    for (int i = 0; i < found && i <= depth; i++) {
        walk->words[2 * i] = spprof_frame_word(SPPROF_WORD_ID_FRAME, i, 0);
        walk->words[2 * i + 1] = (uint64_t)i + 1;
    }
    walk->result = (int16_t)(found > 0 ? SPPROF_WALK_OK : found);
    walk->count = 2 * (uint32_t)(found > depth ? depth : found > 0 ? found : 0);
    walk->flags = found > depth ? SPPROF_FLAG_TRUNCATED : 0;
    errno = EDOM; /* a handler must restore errno */
}

static _Atomic int forgotten; /* how often the walker was asked to forget */

static void fake_forget(void) {
    forgotten++;
}

const struct spprof_walker spprof_walker_agct = {.name = "fake",
                                                 .probe = fake_probe,
                                                 .create = fake_create,
                                                 .destroy = fake_destroy,
                                                 .walk_sigsafe = fake_walk_sigsafe};
const struct spprof_walker spprof_walker_vm = {.name = "fake of our own",
                                               .probe = fake_probe,
                                               .create = fake_create,
                                               .destroy = fake_destroy,
                                               .forget = fake_forget,
                                               .walk_sigsafe = fake_walk_sigsafe};

static const void *code_of_jvm; /* code of the JVM's own handler */

bool spprof_jvmti_is_of_jvm(const void *code) {
    return code == code_of_jvm;
}

int spprof_jvmti_events(bool on, bool classes) {
    (void)classes;
    if (on && events_fail) {
        return -EIO;
    }
    events_on = starts_heard = on;
    return 0;
}

int spprof_jvmti_hear_starts(bool hear) {
    starts_heard = hear;
    return 0;
}

enum spprof_debug_info spprof_debug_info_begin(void) {
    return SPPROF_DEBUG_INFO_EXACT;
}

void spprof_debug_info_end(void) {
}

void spprof_symbols_allocate_ids(JNIEnv *jni) {
    (void)jni;
}

/* The calling thread is the only Java thread that existed before the session. */
int spprof_java_threads_adopt(JNIEnv *jni, const struct spprof_engine *engine) {
    (void)jni;
    if (threads_unknown) {
        return -ENOTSUP;
    }
    spprof_threads_lock();
    spprof_threads_adopt_locked(engine->thread_id_sigsafe(), &walks);
    spprof_threads_unlock();
    return 0;
}

static _Atomic uint64_t unheard_thread;    /* a thread with a Java frame whose start was not
                                            * reported; 0: none */
static void (*_Atomic while_asking)(void); /* called while the JVM looks for Java frames of that
                                            * thread */

void spprof_java_threads_adopt_found(JNIEnv *jni, const struct spprof_engine *engine) {
    (void)jni, (void)engine;
    struct spprof_found found;
    spprof_threads_lock();
    bool wanted = unheard_thread != 0 && spprof_threads_found_locked(unheard_thread, &found);
    spprof_threads_unlock();
    if (wanted && while_asking != NULL) {
        while_asking();
    }
    spprof_threads_lock();
    if (wanted) {
        spprof_threads_adopt_found_locked(unheard_thread, &found, &walks);
    }
    spprof_threads_unlock();
}

/* The current name of all Java threads; NULL: the JVM does not find the threads. */
static const char *_Atomic java_name = "java";
static _Atomic uint64_t java_id = 1; /* the number of all Java threads */
static bool names_begun;
static void (*_Atomic while_reading)(void); /* called between the two steps of reading names */

void spprof_java_names_begin(JNIEnv *jni, const struct spprof_engine *engine) {
    (void)jni, (void)engine;
    names_begun = true;
}

bool spprof_java_names_work(void) {
    return true;
}

void spprof_java_names_read(JNIEnv *jni, struct spprof_nameless *threads, uint32_t count) {
    (void)jni;
    const char *name = java_name;
    if (while_reading != NULL) {
        while_reading();
    }
    for (uint32_t i = 0; name != NULL && i < count; i++) {
        if (threads[i].env != NULL) {
            spprof_name_look_found(&threads[i], name, java_id);
        }
    }
}

void spprof_java_names_end(JNIEnv *jni) {
    (void)jni;
    names_begun = false;
}

#endif
