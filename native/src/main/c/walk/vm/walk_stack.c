#include "walk/vm/walk_stack.h"

#include "walk/guard.h"
#include "walk/vm/ahead.h"
#include "walk/vm/broken_at.h"
#include "walk/vm/compile_task.h"
#include "walk/vm/continuation_frames.h"
#include "walk/vm/continuations.h"
#include "walk/vm/frames.h"
#include "walk/vm/locations.h"
#include "walk/vm/native_stack.h"
#include "walk/vm/return_slots.h"

/*
 * Whether a thread whose state is "in Java" is in a stub that was called by a function of the JVM,
 * not by Java code. The JVM's atomic operations can be such stubs. They have no frame, so the
 * register with the return address shows the caller. On processors whose calls push the return
 * address, the answer is always no. The stubs of virtual threads are not meant, nor is call_stub,
 * although functions of the JVM call it.
 */
static bool is_called_by_jvm_sigsafe(const struct spprof_code *code,
                                     const struct spprof_registers *registers) {
    uint64_t call = spprof_word_sigsafe(spprof_layout.call_stub_return);
    return SPPROF_CPU_CALL_PUSHES == 0 && spprof_code_is_sigsafe(code, SPPROF_BLOB_STUB_ROUTINES) &&
           !spprof_continuations_are_stubs_sigsafe(code) &&
           !spprof_is_code_sigsafe(registers->return_address) &&
           registers->pc - (call - SPPROF_CPU_MOST_OF_CALL_STUB) > 2 * SPPROF_CPU_MOST_OF_CALL_STUB;
}

/* Returns whether the code before `pc` calls native code and leaves no anchor. Compilers record the
 * positions of calls of methods only. */
static bool calls_native_sigsafe(uint64_t pc) {
    uint64_t target;
    struct spprof_code code = spprof_code_at_sigsafe(pc);
    return code.kind != SPPROF_CODE_NONE &&
           pc != spprof_word_sigsafe(spprof_layout.call_stub_return) &&
           spprof_is_call_before_sigsafe(pc, &target) && !spprof_is_code_sigsafe(target) &&
           (code.kind != SPPROF_CODE_METHOD || !spprof_is_return_of_java_sigsafe(pc));
}

/*
 * Goes from native code to the last Java frame: to the frame of the anchor, or, without one, to the
 * Java code to which the native frames lead. Writes the native frames, if they are wanted. Returns
 * as begin_sigsafe.
 */
static int leave_native_code_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor,
                                     struct spprof_registers *registers, bool in_java) {
    static const struct spprof_native_wanted java = {.is_wanted_sigsafe = spprof_is_code_sigsafe,
                                                     .calls_native_sigsafe = calls_native_sigsafe};
    uint64_t stack_end = cursor->high;
    int result =
        spprof_frames_of_anchor_sigsafe(cursor, cursor->thread + spprof_layout.thread_anchor);
    bool lost = result == 1; /* only the native frames show whether there is Java code */
    if (!(lost && in_java) && !spprof_native_stack_is_written_sigsafe()) {
        return result;
    }
    switch (spprof_native_stack_write_sigsafe(walk, registers, stack_end, &java)) {
        case SPPROF_NATIVE_STOPPED:
            return 1;
        case SPPROF_NATIVE_FOUND:
            if (lost) {
                cursor->pc = registers->pc;
                cursor->sp = registers->sp;
                cursor->fp = registers->fp;
                cursor->arrival = SPPROF_FROM_LEAF;
                return 0;
            }
            return result;
        case SPPROF_NATIVE_BROKEN:
            if (lost && in_java) {
                cursor->pc = registers->pc;
                return SPPROF_WALK_BROKEN_NATIVE;
            }
            return result;
        default:
            return result;
    }
}

/* Finds where the walk begins. Returns 0, 1 if there is no Java frame, or SPPROF_WALK_BROKEN_*,
 * with the cursor at the frame that could not be left. */
static int begin_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor,
                         struct spprof_registers *registers, uint64_t thread) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t base = spprof_word_sigsafe(thread + layout->thread_stack_base);
    uint64_t size = spprof_word_sigsafe(thread + layout->thread_stack_size);
    *cursor = (struct spprof_cursor){.pc = registers->pc,
                                     .sp = registers->sp,
                                     .fp = registers->fp,
                                     .thread = thread,
                                     .low = registers->sp,
                                     .high = base,
                                     .arrival = SPPROF_INTERRUPTED,
                                     .registers = registers};
    if (registers->sp >= base || base - registers->sp > size) {
        return SPPROF_WALK_BROKEN_STACK;
    }
    int32_t state = (int32_t)spprof_int_sigsafe(thread + layout->thread_state);
    bool in_java = state == layout->state_in_java || state == layout->state_in_java_trans;
    struct spprof_code code = spprof_code_at_sigsafe(registers->pc);
    /* These stubs are called by the JVM itself. One copies memory. Another is called after code was
     * patched; a thread in Java can be in that stub, too. */
    bool of_jvm = code.kind == SPPROF_CODE_STUB &&
                  (!in_java || spprof_code_is_sigsafe(&code, SPPROF_BLOB_FLUSH_ICACHE) ||
                   is_called_by_jvm_sigsafe(&code, registers));
    if (code.kind != SPPROF_CODE_NONE && !of_jvm) {
        return 0;
    }
    return leave_native_code_sigsafe(walk, cursor, registers, in_java);
}

static bool has_java_frame_sigsafe(const struct spprof_walk *walk) {
    return walk->count > walk->native;
}

/*
 * Handles frames that are being rebuilt. Deoptimisation removes a compiled frame from the stack and
 * creates an interpreter frame for each method that was inlined in it. Until all of these are
 * filled in, the thread has an array of their future contents, the youngest first.
 */
static int write_new_frames_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t array = spprof_word_sigsafe(cursor->thread + layout->thread_vframes);
    uint32_t count;
    if (array == 0 || !spprof_load32_sigsafe(array + layout->vframes_count, &count)) {
        return SPPROF_WALK_BROKEN_DEOPT;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t element = array + layout->vframes_first + i * layout->vframe_size, address;
        uint32_t bci;
        struct spprof_method method;
        if (!spprof_load64_sigsafe(element + layout->vframe_method, &address) ||
            !spprof_load32_sigsafe(element + layout->vframe_bci, &bci) ||
            !spprof_method_read_sigsafe(address, &method) ||
            ((int32_t)bci >= 0 && bci >= method.code_size)) {
            return SPPROF_WALK_BROKEN_DEOPT;
        }
        if (!spprof_words_room_sigsafe(walk, 1)) {
            walk->flags |= SPPROF_FLAG_TRUNCATED;
            return 0;
        }
        if (!spprof_words_frame_sigsafe(walk, &method, (int32_t)bci < 0 ? -1 : (int32_t)bci)) {
            return SPPROF_WALK_BROKEN_DEOPT;
        }
    }
    return spprof_frames_of_new_sigsafe(cursor, array, count);
}

static bool is_deoptimizing_sigsafe(const struct spprof_cursor *cursor) {
    return spprof_word_sigsafe(cursor->thread + spprof_layout.thread_vframes) != 0;
}

/*
 * Handles the stubs of virtual threads. If no frame of the virtual thread was found, the time is
 * its carrier's, which thaws frames or has frozen them, unless sp is already at a frame of the
 * virtual thread.
 */
static int leave_continuation_stubs_sigsafe(const struct spprof_walk *walk,
                                            struct spprof_cursor *cursor,
                                            const struct spprof_code *code) {
    int result;
    if (has_java_frame_sigsafe(walk)) {
        return SPPROF_WALK_FROZEN;
    }
    if ((cursor->arrival != SPPROF_AT_CALL &&
         spprof_continuations_return_sigsafe(cursor, code, &result)) ||
        spprof_continuations_go_to_carrier_sigsafe(cursor, code, &result)) {
        return result;
    }
    return SPPROF_WALK_BROKEN_STUB;
}

/* Walks one frame. Returns 0 to continue, 1 at the root, SPPROF_WALK_VIRTUAL, SPPROF_WALK_FROZEN,
 * or SPPROF_WALK_BROKEN_*. */
static int next_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor) {
    if (cursor->arrival != SPPROF_INTERRUPTED &&
        cursor->pc == spprof_word_sigsafe(spprof_layout.call_stub_return)) {
        return spprof_frames_of_entry_sigsafe(cursor);
    }
    struct spprof_code code = spprof_code_at_sigsafe(cursor->pc);
    int error;
    switch (code.kind) {
        case SPPROF_CODE_METHOD:
            if (has_java_frame_sigsafe(walk) && spprof_continuations_is_border_sigsafe(&code)) {
                return SPPROF_WALK_VIRTUAL;
            }
            if (cursor->arrival != SPPROF_AT_CALL &&
                spprof_continuations_return_sigsafe(cursor, &code, &error)) {
                return error;
            }
            error = spprof_locations_write_sigsafe(walk, &code, cursor);
            return error != 0 ? error : spprof_frames_of_method_sigsafe(cursor, &code);
        case SPPROF_CODE_INTERPRETER: {
            struct spprof_method method = {0};
            int32_t bci;
            error = spprof_frames_of_interpreter_sigsafe(cursor, &method, &bci);
            if (error == SPPROF_WALK_BROKEN_INTERPRETER && is_deoptimizing_sigsafe(cursor)) {
                return write_new_frames_sigsafe(walk, cursor);
            }
            if (method.address == 0) {
                return error;
            }
            if (!spprof_words_room_sigsafe(walk, 1)) {
                walk->flags |= SPPROF_FLAG_TRUNCATED;
            } else if (!spprof_words_frame_sigsafe(walk, &method, bci)) {
                return SPPROF_WALK_BROKEN_INTERPRETER;
            }
            return error;
        }
        case SPPROF_CODE_STUB:
            if (is_deoptimizing_sigsafe(cursor) &&
                (spprof_code_is_sigsafe(&code, SPPROF_BLOB_DEOPTIMIZATION) ||
                 spprof_code_is_sigsafe(&code, SPPROF_BLOB_UNCOMMON_TRAP))) {
                return write_new_frames_sigsafe(walk, cursor);
            }
            return spprof_continuations_are_stubs_sigsafe(&code)
                       ? leave_continuation_stubs_sigsafe(walk, cursor, &code)
                       : spprof_frames_of_stub_sigsafe(cursor, &code);
        default:
            return SPPROF_WALK_BROKEN_CODE;
    }
}

static uint8_t state_sigsafe(uint64_t thread) {
    const struct spprof_layout *layout = &spprof_layout;
    int32_t state = (int32_t)spprof_int_sigsafe(thread + layout->thread_state);
    if (state == layout->state_in_java || state == layout->state_in_java_trans) {
        return SPPROF_STATE_IN_JAVA;
    }
    if (state == layout->state_in_native || state == layout->state_in_native_trans) {
        return SPPROF_STATE_IN_NATIVE;
    }
    return state == layout->state_in_vm || state == layout->state_in_vm_trans ? SPPROF_STATE_IN_VM
                                                                              : SPPROF_STATE_OTHER;
}

static void clear_sigsafe(struct spprof_walk *walk) {
    walk->count = 0;
    walk->native = 0;
    walk->flags = 0;
    walk->fresh_count = 0;
    walk->ring_full = false;
}

void spprof_walk_native_thread_sigsafe(struct spprof_walk *walk,
                                       struct spprof_registers *registers) {
    static const struct spprof_native_wanted java = {.is_wanted_sigsafe = spprof_is_code_sigsafe};
    uint64_t sp = registers->sp; /* the walk changes the registers */
    clear_sigsafe(walk);
    spprof_native_stack_write_sigsafe(walk, registers, UINT64_MAX, &java);
    spprof_compile_task_write_sigsafe(walk, sp);
    walk->result = SPPROF_WALK_NATIVE_THREAD;
}

void spprof_walk_from_sigsafe(struct spprof_walk *walk, struct spprof_registers *registers) {
    uint64_t thread = (uint64_t)((uintptr_t)walk->env - (uint64_t)spprof_layout.env);
    struct spprof_cursor cursor;
    clear_sigsafe(walk);
    walk->flags = (uint8_t)(state_sigsafe(thread) << SPPROF_STATE_SHIFT);
    int result = begin_sigsafe(walk, &cursor, registers, thread);
    uint64_t pc = cursor.pc; /* of the frame that is being left */
    uint64_t ahead = 0;
    /* Each frame or location that is written stands for at least one frame. Therefore `depth` + 1
     * of them are enough. */
    for (uint32_t frames = walk->native;
         result == 0 && !walk->ring_full && frames <= walk->depth;) {
        uint32_t room = SPPROF_FRAME_WORDS * (walk->depth + 1) - walk->count;
        uint32_t most = walk->depth + 1 - frames;
        uint32_t before = walk->count;
        /* Follow stops where the next part of the stack is due; nowhere, once there is none. */
        ahead = spprof_ahead_sigsafe(&cursor, ahead);
        uint64_t until = ahead < cursor.high ? ahead - SPPROF_AHEAD_LEAST : UINT64_MAX;
        if (cursor.arrival == SPPROF_AT_CALL) {
            frames +=
                spprof_locations_follow_sigsafe(walk, &cursor, most < room ? most : room, until);
        }
        if (walk->count == before) {
            pc = cursor.pc;
            result = next_sigsafe(walk, &cursor);
            frames += walk->count > before ? 1 : 0;
        }
        if ((walk->flags & SPPROF_FLAG_TRUNCATED) != 0 || frames > walk->depth) {
            walk->flags |= SPPROF_FLAG_TRUNCATED;
            result = 1;
        }
    }
    if (result < 0 && spprof_word_sigsafe(thread + spprof_layout.thread_vframes) != 0) {
        result = SPPROF_WALK_BROKEN_DEOPT;
    }
    if (result < 0 && !walk->ring_full) {
        spprof_broken_at_write_sigsafe(walk, pc);
    }
    walk->result =
        (int16_t)(result == 1 || result == 0 ? (has_java_frame_sigsafe(walk) ? SPPROF_WALK_OK : 0)
                                             : result);
}
