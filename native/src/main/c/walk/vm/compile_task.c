#include "walk/vm/compile_task.h"

#include <limits.h>
#include <pthread.h>

#include "platform/thread_keys.h"
#include "walk/guard.h"
#include "walk/vm/layout.h"
#include "walk/vm/methods.h"
#include "walk/vm/release.h"

/* Written before any handler runs. */
static pthread_key_t key;
static bool has_key;

void spprof_compile_task_learn(uint64_t thread) {
    has_key = false;
    for (pthread_key_t i = 0; i < PTHREAD_KEYS_MAX && spprof_key_is_for_handlers(i) && !has_key;
         i++) {
        key = i;
        has_key = (uint64_t)(uintptr_t)pthread_getspecific(i) == thread;
    }
}

/* Finds the task of the calling thread. Returns false if the thread compiles nothing. */
static bool task_sigsafe(uint64_t sp, uint64_t *task) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t thread = has_key ? (uint64_t)(uintptr_t)pthread_getspecific(key) : 0;
    uint64_t base, size, env;
    return thread != 0 && spprof_load64_sigsafe(thread + layout->thread_stack_base, &base) &&
           spprof_load64_sigsafe(thread + layout->thread_stack_size, &size) && sp < base &&
           base - sp <= size && spprof_load64_sigsafe(thread + layout->compiler_env, &env) &&
           env > sp && env < base && env % sizeof env == 0 &&
           spprof_load64_sigsafe(env + layout->env_task, task) && *task != 0;
}

void spprof_compile_task_write_sigsafe(struct spprof_walk *walk, uint64_t sp) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t task, address;
    uint32_t level, bci, number;
    struct spprof_method method;
    if (!layout->has_compile_task || walk->ring_full ||
        (walk->flags & SPPROF_FLAG_TRUNCATED) != 0 || !task_sigsafe(sp, &task) ||
        !spprof_load32_sigsafe(task + layout->task_level, &level) ||
        level == SPPROF_RELEASE_LEVEL_NONE || level > SPPROF_RELEASE_LEVEL_C2 ||
        !spprof_load32_sigsafe(task + layout->task_osr_bci, &bci) ||
        !spprof_load64_sigsafe(task + layout->task_method, &address) ||
        !spprof_method_read_sigsafe(address, &method)) {
        return;
    }
    bool osr = (int32_t)bci != layout->invocation_entry_bci;
    if (osr && bci >= method.code_size) {
        return;
    }
    enum spprof_compilation compilation =
        level == SPPROF_RELEASE_LEVEL_C2
            ? (osr ? SPPROF_COMPILATION_C2_OSR : SPPROF_COMPILATION_C2)
            : (osr ? SPPROF_COMPILATION_C1_OSR : SPPROF_COMPILATION_C1);
    enum spprof_method_result result =
        spprof_method_number_of_compilation_sigsafe(&method, compilation, &number);
    walk->ring_full = result == SPPROF_METHOD_RING_FULL;
    if (result == SPPROF_METHOD_KNOWN) {
        walk->words[walk->count++] = spprof_frame_word(SPPROF_WORD_FRAME, -1, number);
        if (walk->count > walk->depth) { /* the walk may return one frame less */
            walk->flags |= SPPROF_FLAG_TRUNCATED;
        }
    }
}
