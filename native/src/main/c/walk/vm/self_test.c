#include "walk/vm/self_test.h"

#include <errno.h>
#include <jvmti.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jvm/jvmti_env.h"
#include "threads/java_threads.h"
#include "walk/cpu/cpu.h"
#include "walk/vm/compile_task.h"
#include "walk/vm/layout.h"
#include "walk/vm/lines.h"
#include "walk/vm/walk_stack.h"

#define DEPTH 256
#define RING_BYTES (1 << 17)
#define ENTRIES 1024

/* A frame as it appears in the profile. */
struct frame {
    const struct spprof_record *method;
    int32_t bci;
};

static int fail(char *why, uint64_t size, const char *what) {
    snprintf(why, size, "%s", what);
    return -ENOSYS;
}

static const struct spprof_record *method_numbered(const struct spprof_ring *ring,
                                                   uint32_t number) {
    uint64_t tail = atomic_load_explicit(&ring->block->tail, memory_order_relaxed);
    for (uint64_t at = 0; at < tail;) {
        const struct spprof_record *record = (const void *)(ring->block->data + at);
        if (record->type == SPPROF_RECORD_METHOD && record->method == number) {
            return record;
        }
        at += (uint32_t)record->length;
    }
    return NULL;
}

/* The tables are empty, so every location is defined where it occurs. */
static uint32_t read_frames(const struct spprof_walk *walk, const struct spprof_ring *ring,
                            struct frame *frames) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < walk->count && count < DEPTH; i++) {
        uint64_t word = walk->words[i];
        if (word >> SPPROF_WORD_KIND_SHIFT == SPPROF_WORD_FRAME) {
            frames[count].method = method_numbered(ring, (uint32_t)word);
            frames[count++].bci = (int32_t)(word >> SPPROF_WORD_SHIFT & 0xfffff) - SPPROF_BCI_BIAS;
        }
    }
    return count;
}

/* Compares "Ljava/util/HashMap;" and "get" with "java/util/HashMap.get". A hidden class has a dot
 * in the one name and a plus in the other. */
static bool is_named(const struct spprof_record *record, const char *signature,
                     const char *method) {
    const char *name = (const char *)(record + 1);
    size_t class_length = strlen(signature) - 2, length = strlen(method);
    if (record->name_bytes != class_length + 1 + length ||
        memcmp(name + class_length + 1, method, length) != 0) {
        return false;
    }
    for (size_t i = 0; i < class_length; i++) {
        if (name[i] != signature[i + 1] && !(name[i] == '+' && signature[i + 1] == '.')) {
            return false;
        }
    }
    return true;
}

/* Returns whether the copied lines are the ones that JVMTI returns. */
static bool has_same_lines(jvmtiEnv *jvmti, const struct spprof_record *record, jmethodID method) {
    jint count = 0;
    jvmtiLineNumberEntry *entries = NULL;
    if ((*jvmti)->GetLineNumberTable(jvmti, method, &count, &entries) != JVMTI_ERROR_NONE) {
        return record->line_count == 0; /* a native method, or one compiled without line numbers */
    }
    const uint32_t *lines =
        (const void *)((const char *)(record + 1) + spprof_lines_at(record->name_bytes));
    bool same = (uint64_t)count == record->line_count || count > SPPROF_MAX_LINES;
    for (jint i = 0; same && i < count && i < SPPROF_MAX_LINES; i++) {
        same = lines[i] ==
               ((uint32_t)entries[i].start_location << 16 | (uint32_t)entries[i].line_number);
    }
    (*jvmti)->Deallocate(jvmti, (unsigned char *)entries);
    return same;
}

static bool is_same(jvmtiEnv *jvmti, JNIEnv *jni, const struct frame *frame,
                    const jvmtiFrameInfo *info) {
    jclass type;
    char *name, *signature;
    bool same = false;
    int32_t bci = info->location == -1 ? SPPROF_BCI_NATIVE : (int32_t)info->location;
    if (frame->method == NULL || frame->bci != bci ||
        (*jvmti)->GetMethodDeclaringClass(jvmti, info->method, &type) != JVMTI_ERROR_NONE) {
        return false;
    }
    if ((*jvmti)->GetMethodName(jvmti, info->method, &name, NULL, NULL) == JVMTI_ERROR_NONE) {
        if ((*jvmti)->GetClassSignature(jvmti, type, &signature, NULL) == JVMTI_ERROR_NONE) {
            same = is_named(frame->method, signature, name) &&
                   has_same_lines(jvmti, frame->method, info->method);
            (*jvmti)->Deallocate(jvmti, (unsigned char *)signature);
        }
        (*jvmti)->Deallocate(jvmti, (unsigned char *)name);
    }
    (*jni)->DeleteLocalRef(jni, type);
    return same;
}

struct memory {
    uint64_t words[SPPROF_FRAME_WORDS * (DEPTH + 1)];
    struct frame frames[DEPTH];
    jvmtiFrameInfo infos[DEPTH];
    struct spprof_walk walk;
};

/* The thread is in native code. Its exact position does not matter, because the walk begins at the
 * anchor. */
static __attribute__((noinline)) void walk_own_stack(struct spprof_walk *walk) {
    struct spprof_registers registers = {.pc = (uintptr_t)&walk_own_stack,
                                         .sp = (uintptr_t)__builtin_frame_address(0),
                                         .fp = (uintptr_t)__builtin_frame_address(0)};
    spprof_walk_from_sigsafe(walk, &registers);
}

static int compare(JNIEnv *jni, struct memory *memory, struct spprof_ring *ring, char *why,
                   uint64_t size) {
    jvmtiEnv *jvmti = spprof_jvmti();
    jint expected;
    memory->walk = (struct spprof_walk){.env = jni, .words = memory->words, .depth = DEPTH};
    walk_own_stack(&memory->walk);
    if ((*jvmti)->GetStackTrace(jvmti, NULL, 0, DEPTH, memory->infos, &expected) !=
        JVMTI_ERROR_NONE) {
        return fail(why, size, "JVMTI does not return this thread's stack");
    }
    uint32_t found = read_frames(&memory->walk, ring, memory->frames);
    bool whole = memory->walk.result > 0;
    for (uint32_t i = 0; i < found && i < (uint32_t)expected; i++) {
        if (!is_same(jvmti, jni, &memory->frames[i], &memory->infos[i])) {
            snprintf(why, size,
                     "its layout is not as known: frame %u of a stack is not what JVMTI says", i);
            return -ENOSYS;
        }
    }
    /* For a virtual thread, JVMTI also returns the frames on the heap. */
    bool all = memory->walk.result == SPPROF_WALK_FROZEN ? found < (uint32_t)expected
                                                         : found == (uint32_t)expected;
    if (!whole || !all) {
        snprintf(why, size,
                 "its layout is not as known: %u of a stack's %d frames could be read (result %d)",
                 found, (int)expected, memory->walk.result);
        return -ENOSYS;
    }
    return 0;
}

int spprof_vm_self_test(JNIEnv *jni, const struct spprof_engine *engine,
                        const struct spprof_walker *walker, char *why, uint64_t size) {
    if (spprof_layout_probe((*jni)->GetVersion(jni), why, size) != 0) {
        return -ENOSYS;
    }
    spprof_cpu_learn(*(const uint64_t *)(uintptr_t)spprof_layout.call_stub_return);
    if (spprof_java_threads_env_distance(jni, engine, &spprof_layout.env) != 0) {
        return fail(why, size, "this JVM does not publish where a thread's JNIEnv is");
    }
    spprof_compile_task_learn((uint64_t)(uintptr_t)jni - (uint64_t)spprof_layout.env);
    struct spprof_ring ring = {0};
    const struct spprof_walker_config config = {
        .ring = &ring, .locations = ENTRIES, .methods = ENTRIES};
    struct memory *memory = malloc(sizeof *memory);
    int error = memory == NULL ? -ENOMEM : spprof_ring_create(&ring, RING_BYTES);
    if (error == 0) {
        error = walker->create(&config);
        if (error == 0) {
            error = compare(jni, memory, &ring, why, size);
            walker->destroy();
        } else {
            snprintf(why, size, "the walker could not be made: error %d", -error);
        }
        spprof_ring_destroy(&ring);
    } else {
        snprintf(why, size, "there is no memory for the walker's test");
    }
    free(memory);
    return error == 0 ? 0 : -ENOSYS;
}
