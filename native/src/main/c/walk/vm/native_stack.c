#include "walk/vm/native_stack.h"

#include <stdatomic.h>

#include "walk/guard.h"
#include "walk/known_frames.h"
#include "walk/libraries.h"
#include "walk/library_numbers.h"
#include "walk/vm/code.h"
#include "walk/vm/locations.h"
#include "walk/vm/methods.h"

static const char unknown[] = "[unknown native code]";

static bool written; /* constant while handlers are in flight */
/* The number of the frame [unknown native code]; 0 until it has one. The acquire of a handler pairs
 * with the release of the one that gave the number; broken_at.c gives the argument. */
static _Atomic uint32_t unknown_number;

int spprof_native_stack_create(const struct spprof_walker_config *config) {
    written = config->known_frames > 0;
    atomic_store_explicit(&unknown_number, 0, memory_order_relaxed); /* no handler is in flight */
    spprof_library_numbers_create(config->ring);
    return spprof_known_frames_create(config->known_frames);
}

void spprof_native_stack_destroy(void) {
    spprof_known_frames_destroy();
    spprof_library_numbers_destroy();
}

void spprof_native_stack_forget(void) {
    atomic_store_explicit(&unknown_number, 0, memory_order_relaxed); /* as in create */
    spprof_known_frames_clear();
    spprof_library_numbers_forget();
}

bool spprof_native_stack_is_written_sigsafe(void) {
    return written;
}

static uint32_t unknown_sigsafe(void) {
    uint32_t number = atomic_load_explicit(&unknown_number, memory_order_acquire);
    if (number == 0) {
        number = spprof_method_name_sigsafe(unknown, sizeof unknown - 1);
        atomic_store_explicit(&unknown_number, number, memory_order_release);
    }
    return number;
}

/* Writes a word. Returns false if the walk then has more frames than it may return. */
static bool write_word_sigsafe(struct spprof_walk *walk, uint64_t word) {
    walk->words[walk->count++] = word;
    walk->native = walk->count;
    if (walk->count > walk->depth) {
        walk->flags |= SPPROF_FLAG_TRUNCATED;
    }
    return walk->count <= walk->depth;
}

/* Writes a frame. Returns as write_word_sigsafe. */
static bool write_sigsafe(struct spprof_walk *walk, uint32_t number) {
    if (number == 0) {
        walk->ring_full = true;
        return false;
    }
    return write_word_sigsafe(walk, spprof_frame_word(SPPROF_WORD_FRAME, -1, number));
}

/* Writes the system call in which the thread was interrupted, if it was in one. Returns as
 * write_word_sigsafe. */
static bool write_call_sigsafe(struct spprof_walk *walk) {
    int32_t number;
    return !spprof_cpu_system_call_sigsafe(walk->ucontext, spprof_load_sigsafe, &number) ||
           write_word_sigsafe(
               walk, (uint64_t)SPPROF_WORD_CALL << SPPROF_WORD_KIND_SHIFT | (uint32_t)(number + 1));
}

static bool number_sigsafe(void *context, const struct spprof_library *library, uint64_t begin,
                           struct spprof_known_frame *frame) {
    struct spprof_walk *walk = context;
    uint32_t in = library != NULL ? spprof_library_number_sigsafe(library, &walk->ring_full) : 0;
    if (in == 0) { /* code of no library, or there are too many of them */
        return !walk->ring_full;
    }
    if (spprof_method_number_of_function_sigsafe(in, begin, begin - library->base,
                                                 &frame->number) != SPPROF_METHOD_KNOWN) {
        walk->ring_full = true;
        return false;
    }
    frame->library = (frame->number & SPPROF_TRANSIENT) == 0 ? in : 0;
    return true;
}

static bool frame_sigsafe(void *context, uint32_t number, uint64_t pc) {
    struct spprof_walk *walk = context;
    if (number == 0 && spprof_is_code_sigsafe(pc)) {
        return true; /* a stub of the JVM */
    }
    return write_sigsafe(walk, number != 0 ? number : unknown_sigsafe());
}

/* Returns whether the walk's last frame is [unknown native code]. */
static bool ends_unknown_sigsafe(const struct spprof_walk *walk) {
    uint32_t number = atomic_load_explicit(&unknown_number, memory_order_relaxed);
    return walk->count > 0 && number != 0 &&
           walk->words[walk->count - 1] == spprof_frame_word(SPPROF_WORD_FRAME, -1, number);
}

enum spprof_native_result spprof_native_stack_write_sigsafe(
    struct spprof_walk *walk, struct spprof_registers *registers, uint64_t stack_end,
    const struct spprof_native_wanted *java) {
    const struct spprof_native_visitor visitor = {
        .context = walk, .number_sigsafe = number_sigsafe, .frame_sigsafe = frame_sigsafe};
    struct spprof_native_wanted wanted = *java;
    wanted.visitor = written ? &visitor : NULL;
    if (written && !write_call_sigsafe(walk)) {
        return SPPROF_NATIVE_STOPPED;
    }
    enum spprof_native_result result =
        spprof_native_frames_unwind_sigsafe(registers, walk->ucontext, stack_end, &wanted);
    if (result == SPPROF_NATIVE_BROKEN && written && !ends_unknown_sigsafe(walk) &&
        !write_sigsafe(walk, unknown_sigsafe())) {
        return SPPROF_NATIVE_STOPPED;
    }
    return result;
}
