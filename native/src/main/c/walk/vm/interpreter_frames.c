/*
 * Moves a cursor from a frame of the template interpreter to the frame of its caller (frames.h).
 * Four situations have different rules:
 *
 *   in a method's entry code     the frame is not complete. A register holds the Method, and the
 *                                processor's file proposes frames that can be the caller's
 *   with a complete frame        the frame's slots hold the method, the byte code pointer and the
 *                                caller's sp
 *   about to return or throw     the frame is gone, and its method is not known. Only the return
 *                                address is left
 *   during deoptimisation        HotSpot replaces a compiled frame by interpreter frames. The
 *                                thread's vframeArray describes the caller's frame
 *
 * walk_stack.c calls both functions in the handler, on the interrupted thread.
 */
#include "base/sample.h"
#include "walk/guard.h"
#include "walk/vm/frames.h"
#include "walk/vm/return_slots.h"

/* The most words of an interpreter frame below its fp, where its slots and its expression stack
 * are. Locals are above fp. */
#define MOST_WORDS_OF_A_FRAME 512

static int32_t bci_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                           const struct spprof_method *method) {
    if (method->native) {
        return SPPROF_BCI_NATIVE;
    }
    uint64_t bcp = cursor->arrival == SPPROF_AT_CALL ? 0 : cursor->registers->bcp;
    if (bcp - method->code_begin >= method->code_size) { /* the register now has another use */
        bcp = spprof_word_sigsafe(
            spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.bcp));
    }
    return (int32_t)(bcp - method->code_begin);
}

static int leave_frame_sigsafe(struct spprof_cursor *cursor, uint64_t fp) {
    struct spprof_return_slot slot = spprof_return_slot_of_record_sigsafe(fp);
    int result;
    uint64_t sender_sp = spprof_word_sigsafe(
        spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.sender_sp));
    /* If the caller's sp is below this frame, the caller is in the interpreter, too, and is found
     * by its fp. */
    slot.sp = sender_sp > fp ? sender_sp : slot.sp;
    return spprof_return_slot_go_by_sigsafe(cursor, &slot, &result) ? result
                                                                    : SPPROF_WALK_BROKEN_STACK;
}

/* Returns whether the caller can have called the method. If the method is not known, any return
 * address is accepted. */
static bool can_be_caller_sigsafe(const struct spprof_cursor *cursor,
                                  const struct spprof_caller *caller,
                                  const struct spprof_method *method) {
    return caller->sp >= cursor->sp && caller->sp <= cursor->high &&
           caller->sp % SPPROF_WORD_BYTES == 0 &&
           (method->address != 0 ? spprof_return_slot_can_call_sigsafe(cursor, caller, method)
                                 : spprof_is_return_address_sigsafe(caller->pc));
}

/* Moves the cursor from the interpreter's entry code of a method, which builds the method's frame,
 * to the method's caller. A register holds the method throughout the entry code, except for the
 * instruction behind the call of a native method's code, where the frame is complete. Returns false
 * outside of entry code, or if the frame is complete. */
static bool enter_method_sigsafe(struct spprof_cursor *cursor, struct spprof_method *method,
                                 int *result) {
    struct spprof_caller callers[SPPROF_CPU_MOST_CALLERS];
    if (cursor->pc < spprof_layout.entries_low || cursor->pc >= spprof_layout.entries_end) {
        return false;
    }
    bool known = spprof_method_read_sigsafe(cursor->registers->method, method);
    if (!known && cursor->fp >= cursor->sp &&
        spprof_frames_is_interpreter_sigsafe(cursor, cursor->fp, method) && method->native) {
        return false;
    }
    method->address = known ? method->address : 0;
    int count = spprof_cpu_callers_of_entry_sigsafe(cursor, callers);
    for (int i = 0; i < count; i++) {
        if (can_be_caller_sigsafe(cursor, &callers[i], method)) {
            *result = spprof_cursor_go_to_sigsafe(cursor, &callers[i]);
            return true;
        }
    }
    return false;
}

/* Leaves a method whose frame the interpreter has removed: it is about to return, or to throw an
 * exception into the caller. The frame pointer is the caller's. Returns false in other code. */
static bool leave_removed_sigsafe(struct spprof_cursor *cursor, int *result) {
    struct spprof_return_slot slot;
    struct spprof_caller caller;
    if (!spprof_cpu_slot_of_throw_sigsafe(cursor, spprof_layout.interpreter_end, &slot) ||
        !spprof_return_slot_read_sigsafe(cursor, &slot, &caller) ||
        !spprof_is_return_address_sigsafe(caller.pc)) {
        return false;
    }
    /* The sp of a caller that is call_stub can be below the frame that was removed. */
    caller.sp = caller.sp < cursor->sp ? cursor->sp : caller.sp;
    *result = spprof_cursor_go_to_sigsafe(cursor, &caller);
    return true;
}

int spprof_frames_of_interpreter_sigsafe(struct spprof_cursor *cursor, struct spprof_method *method,
                                         int32_t *bci) {
    int result;
    if (cursor->arrival == SPPROF_INTERRUPTED) {
        *bci = 0;
        if (enter_method_sigsafe(cursor, method, &result)) {
            return result;
        }
    }
    if (cursor->arrival != SPPROF_AT_CALL && leave_removed_sigsafe(cursor, &result)) {
        method->address = 0;
        return result;
    }
    uint64_t fp = cursor->arrival == SPPROF_AT_CALL
                      ? cursor->fp
                      : spprof_cpu_fp_of_interpreter_sigsafe(cursor, spprof_layout.interpreter_low);
    if (fp >= cursor->sp && spprof_frames_is_interpreter_sigsafe(cursor, fp, method)) {
        *bci = bci_sigsafe(cursor, fp, method);
        return leave_frame_sigsafe(cursor, fp);
    }
    method->address = 0;
    struct spprof_return_slot slot = spprof_return_slot_without_frame_sigsafe(cursor->sp);
    struct spprof_caller caller;
    if (cursor->arrival != SPPROF_AT_CALL &&
        spprof_return_slot_read_sigsafe(cursor, &slot, &caller) &&
        spprof_is_return_address_sigsafe(caller.pc)) {
        /* The interpreter is about to return, or was just called. If it called a leaf, it is about
         * to throw an exception into the caller. */
        result = spprof_cursor_go_to_sigsafe(cursor, &caller);
        cursor->arrival = SPPROF_FROM_LEAF;
        return result;
    }
    return SPPROF_WALK_BROKEN_INTERPRETER;
}

static bool is_interpreter_frame_sigsafe(const struct spprof_cursor *cursor, uint64_t fp) {
    struct spprof_method ignored;
    return spprof_frames_is_interpreter_sigsafe(cursor, fp, &ignored);
}

/*
 * Returns the fp of an interpreter frame that has made a call. Such a frame has saved its sp in a
 * slot: the saved value is `sp` or the address of the word above. Returns `otherwise` if there is
 * no such frame.
 */
static uint64_t frame_that_called_sigsafe(const struct spprof_cursor *cursor, uint64_t sp,
                                          uint64_t otherwise) {
    for (int words = -spprof_cpu_interpreter_slots.last; words < MOST_WORDS_OF_A_FRAME; words++) {
        uint64_t fp = spprof_interpreter_slot_sigsafe(sp, words), last_sp;
        if (!spprof_cursor_load_sigsafe(
                cursor, spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.last_sp),
                &last_sp)) {
            break;
        }
        uint64_t by_fp = fp + last_sp * SPPROF_WORD_BYTES; /* if it is a distance (release.h) */
        if ((last_sp - sp <= SPPROF_WORD_BYTES || by_fp - sp <= SPPROF_WORD_BYTES) &&
            is_interpreter_frame_sigsafe(cursor, fp)) {
            return fp;
        }
    }
    return otherwise;
}

/*
 * The array is the thread's vframeArray. It contains the caller's frame, which begins with its sp
 * and pc. The outermost of the new frames has saved the caller's fp. The chain of saved fps leads
 * there: the first value that does not point into the new frames is the caller's fp.
 */
int spprof_frames_of_new_sigsafe(struct spprof_cursor *cursor, uint64_t array, uint32_t count) {
    uint64_t frame = array + spprof_layout.vframes_caller, fp = cursor->fp;
    struct spprof_caller caller;
    if (!spprof_load64_sigsafe(frame, &caller.sp) ||
        !spprof_load64_sigsafe(frame + SPPROF_WORD_BYTES, &caller.pc) || caller.sp < cursor->sp ||
        (caller.sp == cursor->sp && cursor->arrival == SPPROF_AT_CALL) ||
        !spprof_cursor_on_stack_sigsafe(cursor, caller.sp) ||
        !spprof_is_return_address_sigsafe(caller.pc)) {
        return SPPROF_WALK_BROKEN_DEOPT;
    }
    for (uint32_t i = 0; i <= count + 1 && fp >= cursor->sp && fp < caller.sp; i++) {
        if (!spprof_cursor_load_sigsafe(cursor, fp, &fp)) {
            return SPPROF_WALK_BROKEN_DEOPT;
        }
    }
    if (spprof_code_in_interpreter_sigsafe(caller.pc) &&
        !is_interpreter_frame_sigsafe(cursor, fp)) {
        fp = frame_that_called_sigsafe(cursor, caller.sp, fp);
        /* Before the new frames exist, the compiled frame that they replace still does, or has just
         * been removed. It ends at the caller's sp. */
        struct spprof_cursor removed = *cursor;
        removed.low -= cursor->arrival == SPPROF_INTERRUPTED ? SPPROF_CPU_RED_ZONE : 0;
        struct spprof_return_slot old = spprof_return_slot_behind_frame_sigsafe(caller.sp);
        uint64_t saved;
        if (!is_interpreter_frame_sigsafe(cursor, fp) &&
            spprof_cursor_load_sigsafe(&removed, old.fp_at, &saved) &&
            is_interpreter_frame_sigsafe(cursor, saved)) {
            fp = saved;
        }
    }
    caller.fp = fp;
    return spprof_cursor_go_to_sigsafe(cursor, &caller);
}
