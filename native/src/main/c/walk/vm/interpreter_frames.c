#include "base/sample.h"
#include "walk/guard.h"
#include "walk/vm/frames.h"
#include "walk/vm/return_slots.h"

/* Locals are above its fp: what is below are its slots and its expressions. */
#define MOST_WORDS_OF_A_FRAME 512

static int32_t bci_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                           const struct spprof_method *method) {
    if (method->native) {
        return SPPROF_BCI_NATIVE;
    }
    uint64_t bcp = cursor->arrival == SPPROF_AT_CALL ? 0 : cursor->registers->bcp;
    if (bcp - method->code_begin >= method->code_size) { /* the register is used otherwise now */
        bcp = spprof_word_sigsafe(
            spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.bcp));
    }
    return (int32_t)(bcp - method->code_begin);
}

static int leave_frame_sigsafe(struct spprof_cursor *cursor, uint64_t fp) {
    return spprof_cursor_go_to_sigsafe(
        cursor, spprof_word_sigsafe(fp + SPPROF_WORD_BYTES),
        spprof_word_sigsafe(spprof_interpreter_slot_sigsafe(fp, spprof_layout.sender_sp)),
        spprof_word_sigsafe(fp));
}

/* Where a method in the interpreter may have been called from. */
struct caller {
    uint64_t pc, sp, fp;
};

/* Goes there, if the caller can have called the method; if that is not known, if it called. */
static bool go_to_caller_sigsafe(struct spprof_cursor *cursor, const struct caller *caller,
                                 const struct spprof_method *method, int *result) {
    if (caller->sp < cursor->sp || caller->sp > cursor->high ||
        caller->sp % SPPROF_WORD_BYTES != 0 ||
        !(method->address != 0 ? spprof_return_slot_can_call_sigsafe(cursor, caller->pc, caller->sp,
                                                                     caller->fp, method)
                               : spprof_is_return_address_sigsafe(caller->pc))) {
        return false;
    }
    *result = spprof_cursor_go_to_sigsafe(cursor, caller->pc, caller->sp, caller->fp);
    return true;
}

/*
 * In the code that a method is entered by, templateInterpreterGenerator_x86.cpp. It takes the
 * return address off the stack, makes room for locals, and pushes, one by one: the return address,
 * the caller's fp (which fp then points to), the caller's sp, and the other slots. The method is in
 * a register all the way, the caller's sp until its slot is written. False: the frame is whole.
 */
static bool enter_method_sigsafe(struct spprof_cursor *cursor, struct spprof_method *method,
                                 int *result) {
    const struct spprof_registers *registers = cursor->registers;
    uint64_t sp = cursor->sp, fp = cursor->fp, above;
    struct caller caller;
    if (cursor->pc < spprof_layout.entries_low || cursor->pc >= spprof_layout.entries_end) {
        return false;
    }
    bool known = spprof_method_read_sigsafe(registers->method, method);
    method->address = known ? method->address : 0;
    if (fp >= sp && (fp - sp) / SPPROF_WORD_BYTES < (uint64_t)-spprof_cpu_interpreter_slots.last &&
        spprof_cursor_load_sigsafe(cursor, fp, &caller.fp) &&
        spprof_cursor_load_sigsafe(cursor, fp + SPPROF_WORD_BYTES, &caller.pc)) {
        bool has_caller_sp = fp - sp >= SPPROF_WORD_BYTES;
        caller.sp =
            has_caller_sp
                ? spprof_word_sigsafe(spprof_interpreter_slot_sigsafe(fp, spprof_layout.sender_sp))
                : registers->bcp;
        if (go_to_caller_sigsafe(cursor, &caller, method, result)) {
            return true;
        }
    }
    /* fp is pushed, and about to move. */
    caller = (struct caller){.sp = registers->bcp, .fp = fp};
    if (spprof_cursor_load_sigsafe(cursor, sp, &above) && above == fp &&
        spprof_cursor_load_sigsafe(cursor, sp + SPPROF_WORD_BYTES, &caller.pc) &&
        go_to_caller_sigsafe(cursor, &caller, method, result)) {
        return true;
    }
    /* Before its first instructions, the caller's sp is just above. */
    if (spprof_cursor_load_sigsafe(cursor, sp, &caller.pc)) {
        bool sane =
            caller.sp > sp && caller.sp <= cursor->high && caller.sp % SPPROF_WORD_BYTES == 0;
        caller.sp = sane ? caller.sp : sp + SPPROF_WORD_BYTES;
        if (go_to_caller_sigsafe(cursor, &caller, method, result)) {
            return true;
        }
    }
    caller = (struct caller){.pc = registers->return_address, .sp = registers->bcp, .fp = fp};
    return !(spprof_cursor_load_sigsafe(cursor, fp + SPPROF_WORD_BYTES, &above) &&
             above == caller.pc) &&
           go_to_caller_sigsafe(cursor, &caller, method, result);
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
    uint64_t fp = cursor->fp;
    if (fp >= cursor->sp && spprof_frames_is_interpreter_sigsafe(cursor, fp, method)) {
        *bci = bci_sigsafe(cursor, fp, method);
        return leave_frame_sigsafe(cursor, fp);
    }
    method->address = 0;
    uint64_t pc;
    if (cursor->arrival != SPPROF_AT_CALL && spprof_cursor_load_sigsafe(cursor, cursor->sp, &pc) &&
        spprof_is_return_address_sigsafe(pc)) {
        /* About to return, or just called; or, from a leaf, about to throw into the caller. */
        result = spprof_cursor_go_to_sigsafe(cursor, pc, cursor->sp + SPPROF_WORD_BYTES, fp);
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
 * The fp of an interpreter's frame that has called: it has written down its sp, which is `sp` or
 * the word above it. `otherwise` if there is none.
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
        uint64_t by_fp = fp + last_sp * SPPROF_WORD_BYTES; /* as JDK 21 and later have it */
        if ((last_sp - sp <= SPPROF_WORD_BYTES || by_fp - sp <= SPPROF_WORD_BYTES) &&
            is_interpreter_frame_sigsafe(cursor, fp)) {
            return fp;
        }
    }
    return otherwise;
}

/*
 * The caller's frame is in the array, its sp and pc first. Its fp is what the lowest of the new
 * frames has saved: the first along the chain of these that does not point into them.
 */
int spprof_frames_of_new_sigsafe(struct spprof_cursor *cursor, uint64_t array, uint32_t count) {
    uint64_t caller = array + spprof_layout.vframes_caller, sp, pc, fp = cursor->fp;
    if (!spprof_load64_sigsafe(caller, &sp) ||
        !spprof_load64_sigsafe(caller + SPPROF_WORD_BYTES, &pc) || sp <= cursor->sp ||
        !spprof_cursor_on_stack_sigsafe(cursor, sp) || !spprof_is_return_address_sigsafe(pc)) {
        return SPPROF_WALK_BROKEN_DEOPT;
    }
    for (uint32_t i = 0; i <= count + 1 && fp >= cursor->sp && fp < sp; i++) {
        if (!spprof_cursor_load_sigsafe(cursor, fp, &fp)) {
            return SPPROF_WALK_BROKEN_DEOPT;
        }
    }
    if (spprof_code_in_interpreter_sigsafe(pc) && !is_interpreter_frame_sigsafe(cursor, fp)) {
        fp = frame_that_called_sigsafe(cursor, sp, fp);
    }
    return spprof_cursor_go_to_sigsafe(cursor, pc, sp, fp);
}
