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
    return spprof_cursor_go_to_sigsafe(
        cursor, spprof_word_sigsafe(fp + SPPROF_WORD_BYTES),
        spprof_word_sigsafe(spprof_interpreter_slot_sigsafe(fp, spprof_layout.sender_sp)),
        spprof_word_sigsafe(fp));
}

/* The registers of a possible caller of a method in the interpreter. */
struct caller {
    uint64_t pc, sp, fp;
};

/* Moves the cursor to the caller if the caller can have called the method. If the method is not
 * known, any return address is accepted. */
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
 * Moves the cursor from the entry code of methods (templateInterpreterGenerator_x86.cpp) to the
 * caller. The entry code takes the return address off the stack and makes room for locals. Then it
 * pushes, one by one: the return address, the caller's fp (to which fp then points), the caller's
 * sp, and the other slots. A register holds the method all the time. Another register holds the
 * caller's sp until its slot is written. Returns false outside of entry code, or if the frame is
 * complete.
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
    /* The caller's fp is pushed, but fp does not point to it yet. */
    caller = (struct caller){.sp = registers->bcp, .fp = fp};
    if (spprof_cursor_load_sigsafe(cursor, sp, &above) && above == fp &&
        spprof_cursor_load_sigsafe(cursor, sp + SPPROF_WORD_BYTES, &caller.pc) &&
        go_to_caller_sigsafe(cursor, &caller, method, result)) {
        return true;
    }
    /* Before the first instructions of the entry code, the return address is at sp. The caller's sp
     * is the address of the word above it, unless the register already holds a possible value. */
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
        /* The interpreter is about to return, or was just called. If it called a leaf, it is about
         * to throw an exception into the caller. */
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
 * The fp of an interpreter frame that has made a call. Such a frame has saved its sp in a slot: the
 * saved value is `sp` or the address of the word above. `otherwise` if there is no such frame.
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
        uint64_t by_fp = fp + last_sp * SPPROF_WORD_BYTES; /* since JDK 21, a distance */
        if ((last_sp - sp <= SPPROF_WORD_BYTES || by_fp - sp <= SPPROF_WORD_BYTES) &&
            is_interpreter_frame_sigsafe(cursor, fp)) {
            return fp;
        }
    }
    return otherwise;
}

/*
 * The array contains the caller's frame, which begins with its sp and pc. The outermost of the new
 * frames has saved the caller's fp. The chain of saved fps leads there: the first value that does
 * not point into the new frames is the caller's fp.
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
