/*
 * The entry points of the walker `vm`, in which the profiler walks the stack itself, instead of
 * asking the JVM's AsyncGetCallTrace. The walk itself is in walk_stack.c. This file creates, before
 * a session, what walks need: the tables of methods, locations and libraries, and the guard, by
 * which a load from an address that cannot be read fails instead of crashing the process (guard.h).
 * It also tests before the first session whether walks work in this JVM (self_test.h); if they do
 * not, the walker is not used. walk.h states for each function of a walker which threads may call
 * it.
 */
#include <errno.h>
#include <stdio.h>

#include "walk/guard.h"
#include "walk/libraries.h"
#include "walk/vm/blobs.h"
#include "walk/vm/broken_at.h"
#include "walk/vm/layout.h"
#include "walk/vm/locations.h"
#include "walk/vm/method_hints.h"
#include "walk/vm/native_stack.h"
#include "walk/vm/release.h"
#include "walk/vm/self_test.h"
#include "walk/vm/walk_stack.h"
#include "walk/walk.h"

static struct spprof_table methods;

static void walk_sigsafe(struct spprof_walk *walk) {
    struct spprof_registers registers;
    spprof_guard_begin_sigsafe(walk->ucontext);
    spprof_cpu_registers_sigsafe(walk->ucontext, &registers);
    if (walk->env != NULL) {
        spprof_walk_from_sigsafe(walk, &registers);
    } else {
        spprof_walk_native_thread_sigsafe(walk, &registers);
    }
}

static void destroy(void) {
    spprof_guard_remove();
    spprof_methods_reset(NULL, NULL);
    spprof_native_stack_destroy();
    spprof_libraries_destroy();
    spprof_method_hints_destroy();
    spprof_locations_destroy();
    spprof_table_destroy(&methods);
}

static void forget(void) {
    spprof_methods_forget();
    spprof_broken_at_forget();
    spprof_native_stack_forget();
    spprof_locations_forget();
}

static void refresh(void) {
    spprof_libraries_refresh();
}

/* Returns whether the JVM checks its handlers and reports ours (-Xcheck:jni). */
static bool handlers_are_checked(void) {
    uint64_t flag = spprof_layout_flag(SPPROF_RELEASE_CHECK_JNI);
    return flag != 0 && *(const bool *)(uintptr_t)flag;
}

static int create(const struct spprof_walker_config *config) {
    int error = spprof_locations_create(config->locations);
    if (error == 0) {
        error = spprof_table_create(&methods, config->methods);
    }
    if (error == 0) {
        error = spprof_method_hints_create(config->methods);
    }
    if (error == 0) {
        error = spprof_guard_install(handlers_are_checked());
    }
    if (error == 0) {
        error = spprof_libraries_create(true);
    }
    if (error == 0) {
        error = spprof_native_stack_create(config);
    }
    if (error != 0) {
        destroy();
        return error;
    }
    spprof_methods_reset(config->ring, &methods);
    spprof_broken_at_reset();
    return 0;
}

/* Looks for the code blobs. Guarded loads work during a session only, which has not begun. */
static int check_blobs(char *why, uint64_t size) {
    if (spprof_guard_install(handlers_are_checked()) != 0) {
        snprintf(why, size, "%s, and no system call reads memory here (process_vm_readv)",
                 handlers_are_checked() ? "-Xcheck:jni lets nobody handle SIGSEGV"
                                        : "too many libraries have handled SIGSEGV");
        return -ENOSYS;
    }
    int error = spprof_blobs_check(why, size);
    spprof_guard_remove();
    return error;
}

/* The result of the self-test does not change. Blobs are created later, too. */
static int probe(JNIEnv *jni, const struct spprof_engine *engine, char *why, uint64_t size) {
    static bool works; /* accessed with the sampler's lock held */
    works = works || spprof_vm_self_test(jni, engine, &spprof_walker_vm, why, size) == 0;
    return works ? check_blobs(why, size) : -ENOSYS;
}

const struct spprof_walker spprof_walker_vm = {
    .name = "vm",
    .walks_native_threads = spprof_native_stack_is_written_sigsafe,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .forget = forget,
    .refresh = refresh,
    .walk_sigsafe = walk_sigsafe,
    .published_sigsafe = spprof_locations_published_sigsafe,
};
