/*
 * Moves a cursor from a stub to the frame of its caller (frames.h). A stub is a code blob that is
 * neither a compiled method nor the interpreter: HotSpot's own small routines, adapters between the
 * interpreter and compiled code, blobs for safepoint polls, exceptions and deoptimisation.
 *
 * Stubs build their frames in many ways, and some have no frame at all. HotSpot does not describe
 * where the return address is at each instruction. The code below therefore has rules for the kinds
 * of stubs, and tries them from the most certain to the least certain. A rule proposes return slots
 * (return_slots.h), the words that can hold the return address. It accepts a slot only if the
 * address in it follows a call that can have led to the stub, or if the kind of stub allows another
 * address. If no rule accepts a slot, the stack is broken here (SPPROF_WALK_BROKEN_STUB).
 *
 * walk_stack.c calls the function in the handler, on the interrupted thread.
 */
#include "base/sample.h"
#include "walk/vm/frames.h"
#include "walk/vm/return_slots.h"
#include "walk/vm/scopes.h"

#define MOST_WORDS_OF_A_STUB 512
#define MOST_WORDS_WITHOUT_FRAME 32
#define MOST_WORDS_NEAR 8
#define MOST_BYTES_NEAR 128

/* Leaves an adapter between the interpreter and compiled code. */
static bool leave_adapter_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                  int *result) {
    struct spprof_return_slot slot;
    uint64_t pc;
    return spprof_code_is_sigsafe(code, SPPROF_BLOB_ADAPTER) &&
           spprof_cpu_slot_of_adapter_sigsafe(cursor, code->begin, &slot) &&
           spprof_return_slot_pc_sigsafe(cursor, &slot, &pc) &&
           spprof_is_return_address_sigsafe(pc) &&
           spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
}

/* Leaves a c2i adapter that is patching the call which led to it. If calls put the return address
 * into a register, the adapter's code shows that it does so; otherwise the return address must. */
static bool leave_patching_adapter_sigsafe(struct spprof_cursor *cursor,
                                           const struct spprof_code *code, int *result) {
    struct spprof_return_slot slot;
    uint64_t pc;
    return spprof_code_is_sigsafe(code, SPPROF_BLOB_ADAPTER) &&
           spprof_cpu_slot_of_patching_adapter_sigsafe(cursor, code->begin, &slot) &&
           spprof_return_slot_holds_sigsafe(cursor, &slot, NULL) &&
           spprof_return_slot_pc_sigsafe(cursor, &slot, &pc) &&
           (SPPROF_CPU_CALL_PUSHES == 0 || cursor->arrival == SPPROF_FROM_LEAF ||
            pc == cursor->registers->return_address ||
            spprof_target_of_call_sigsafe(pc, code) != 0) &&
           spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
}

/*
 * Leaves C1's stubs that lead to an exception's handler. A stub with a frame writes the handler's
 * address into the slot of its own return address. It restores the registers and the caller's fp
 * before it returns to the handler. When unwind_exception begins, only the return address of the
 * frame that threw is still on the stack. The stub removes this return address, too, before it
 * jumps to the handler in the caller of that frame.
 */
static bool leave_to_handler_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                     int *result) {
    uint64_t sp = cursor->sp, fp = cursor->fp, pc;
    if (!spprof_code_is_sigsafe(code, SPPROF_BLOB_TO_HANDLER)) {
        return false;
    }
    const struct spprof_return_slot slots[] = {spprof_return_slot_of_record_sigsafe(fp),
                                               spprof_return_slot_without_frame_sigsafe(sp)};
    bool has_frame = fp >= sp && fp - sp < spprof_code_frame_size_sigsafe(code);
    for (size_t i = has_frame ? 0 : 1; i < 2; i++) {
        if (spprof_return_slot_pc_sigsafe(cursor, &slots[i], &pc) &&
            spprof_code_at_sigsafe(pc).kind == SPPROF_CODE_METHOD &&
            spprof_return_slot_go_by_sigsafe(cursor, &slots[i], result)) {
            return true;
        }
    }
    pc = cursor->registers->throw_pc;
    if (cursor->arrival != SPPROF_INTERRUPTED ||
        spprof_code_at_sigsafe(pc).kind != SPPROF_CODE_METHOD) {
        return false;
    }
    const struct spprof_caller caller = {.pc = pc, .sp = sp, .fp = fp};
    *result = spprof_cursor_go_to_sigsafe(cursor, &caller);
    return true;
}

/* Leaves ExceptionBlob at its end, where its instructions show in which register the address that
 * threw is. */
static bool leave_exception_s_end_sigsafe(struct spprof_cursor *cursor,
                                          const struct spprof_code *code, int *result) {
    struct spprof_return_slot slot;
    uint64_t pc;
    return cursor->arrival == SPPROF_INTERRUPTED &&
           spprof_code_is_sigsafe(code, SPPROF_BLOB_EXCEPTION) &&
           spprof_cpu_slot_of_throw_sigsafe(cursor, spprof_code_end_sigsafe(code), &slot) &&
           spprof_return_slot_pc_sigsafe(cursor, &slot, &pc) &&
           spprof_code_at_sigsafe(pc).kind == SPPROF_CODE_METHOD &&
           spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
}

/*
 * Leaves the stub to which C1's other stubs jump, with their frame, if their call has thrown
 * (forward_exception). On processors whose calls do not push the return address, it keeps fp at the
 * frame's record while it pops the registers, so sp shows nothing, and words of earlier calls above
 * can pass for the return address.
 */
static bool leave_forward_exception_sigsafe(struct spprof_cursor *cursor,
                                            const struct spprof_code *code, int *result) {
    uint64_t size = spprof_code_frame_size_sigsafe(code), pc;
    struct spprof_return_slot slot = spprof_return_slot_of_record_sigsafe(cursor->fp);
    return SPPROF_CPU_CALL_PUSHES == 0 && cursor->arrival == SPPROF_INTERRUPTED &&
           spprof_code_is_sigsafe(code, SPPROF_BLOB_TO_HANDLER) &&
           !spprof_cpu_points_fp_sigsafe(code->begin) && cursor->fp >= cursor->sp &&
           cursor->fp - cursor->sp < size && spprof_return_slot_pc_sigsafe(cursor, &slot, &pc) &&
           spprof_code_at_sigsafe(pc).kind == SPPROF_CODE_METHOD &&
           spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
}

/*
 * Leaves a blob that leads to an exception's handler. No call precedes the handler. The cursor
 * moves to the address that threw. At its end, ExceptionBlob has no frame, and that address is in a
 * register. At its beginning, DeoptimizationBlob has its frame, and that address is in the thread.
 */
static bool leave_exception_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                    int *result) {
    struct spprof_caller caller = {
        .pc = cursor->registers->throw_pc, .sp = cursor->sp, .fp = cursor->fp};
    if (spprof_code_is_sigsafe(code, SPPROF_BLOB_EXCEPTION)) {
        if (cursor->arrival == SPPROF_INTERRUPTED &&
            spprof_code_at_sigsafe(caller.pc).kind == SPPROF_CODE_METHOD) {
            *result = spprof_cursor_go_to_sigsafe(cursor, &caller);
            return true;
        }
        return false;
    }
    struct spprof_return_slot slot =
        spprof_return_slot_behind_frame_sigsafe(cursor->sp + spprof_code_frame_size_sigsafe(code));
    caller.pc = spprof_word_sigsafe(cursor->thread + spprof_layout.thread_exception_pc);
    caller.sp = slot.sp;
    if (spprof_code_is_sigsafe(code, SPPROF_BLOB_DEOPTIMIZATION) &&
        spprof_code_at_sigsafe(caller.pc).kind == SPPROF_CODE_METHOD &&
        spprof_cursor_load_sigsafe(cursor, slot.fp_at, &caller.fp)) {
        *result = spprof_cursor_go_to_sigsafe(cursor, &caller);
        return true;
    }
    return false;
}

/*
 * Leaves ExceptionBlob while it makes its frame, and when it has it. It is jumped to, from the
 * method to whose handler it leads, and it first pushes the address that threw. Only where calls
 * push the return address, too.
 */
static bool leave_exception_s_beginning_sigsafe(struct spprof_cursor *cursor,
                                                const struct spprof_code *code, int *result) {
    uint64_t pc;
    if (SPPROF_CPU_CALL_PUSHES == 0 || cursor->arrival != SPPROF_INTERRUPTED ||
        !spprof_code_is_sigsafe(code, SPPROF_BLOB_EXCEPTION)) {
        return false;
    }
    if (cursor->pc == code->begin) {
        return leave_exception_sigsafe(cursor, code, result);
    }
    enum spprof_frame_stage stage = spprof_cpu_stage_sigsafe(
        cursor->pc, code->begin, code->begin + SPPROF_CPU_MOST_OF_A_PROLOGUE);
    struct spprof_return_slot slot =
        spprof_return_slot_at_stage_sigsafe(cursor, stage, spprof_code_frame_size_sigsafe(code));
    return spprof_return_slot_pc_sigsafe(cursor, &slot, &pc) &&
           spprof_code_at_sigsafe(pc).kind == SPPROF_CODE_METHOD &&
           spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
}

/*
 * Leaves code that is about to throw an exception into a caller, or whose frame is removed. C1's
 * stubs jump to the exception's handler in the method that threw, whose address they have just
 * popped.
 */
static bool leave_throw_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                int *result) {
    bool to_handler = spprof_code_is_sigsafe(code, SPPROF_BLOB_TO_HANDLER);
    bool top = cursor->arrival == SPPROF_INTERRUPTED;
    struct spprof_return_slot slot;
    struct spprof_cursor from = *cursor;
    uint64_t pc;
    from.low -= top ? SPPROF_CPU_RED_ZONE : 0;
    if (!(to_handler || spprof_code_is_sigsafe(code, SPPROF_BLOB_STUB_ROUTINES) ||
          (SPPROF_CPU_CALL_PUSHES != 0 && top)) ||
        !spprof_cpu_slot_of_throw_sigsafe(cursor, spprof_code_end_sigsafe(code), &slot) ||
        !spprof_return_slot_pc_sigsafe(&from, &slot, &pc)) {
        return false;
    }
    bool good = (spprof_is_return_of_java_sigsafe(pc) &&
                 spprof_return_slot_holds_sigsafe(&from, &slot, NULL)) ||
                (to_handler && top && spprof_code_at_sigsafe(pc).kind == SPPROF_CODE_METHOD);
    if (!good || !spprof_return_slot_go_by_sigsafe(&from, &slot, result)) {
        return false;
    }
    from.low = cursor->low;
    *cursor = from;
    return true;
}

/*
 * Returns whether the slot of a stub with a complete frame record leads to a method. If calls put
 * the return address into a register, code can also load this register and jump to the stub: C1's
 * slow path of a monitor's exit returns to code that does not follow a call.
 */
static bool is_jumped_to_sigsafe(const struct spprof_cursor *cursor, const struct spprof_code *code,
                                 const struct spprof_return_slot *slot) {
    uint64_t pc;
    if (SPPROF_CPU_CALL_PUSHES != 0 || !spprof_cpu_points_fp_sigsafe(code->begin) ||
        !spprof_return_slot_pc_sigsafe(cursor, slot, &pc)) {
        return false;
    }
    struct spprof_code caller = spprof_code_at_sigsafe(pc);
    return caller.kind == SPPROF_CODE_METHOD && pc >= caller.begin &&
           pc < spprof_code_end_sigsafe(&caller);
}

/*
 * Returns the slot of a stub that keeps fp at its frame's record until it pops the record. Such a
 * stub pops the registers that it has saved, so sp shows nothing. Stubs whose calls push the return
 * address restore fp before.
 */
static bool find_record_sigsafe(const struct spprof_cursor *cursor, const struct spprof_code *code,
                                struct spprof_return_slot *slot) {
    uint64_t distance, size = spprof_code_frame_size_sigsafe(code);
    *slot = spprof_return_slot_of_record_sigsafe(cursor->fp);
    return SPPROF_CPU_CALL_PUSHES == 0 && spprof_cpu_points_fp_sigsafe(code->begin) &&
           spprof_cpu_saver_stage_sigsafe(cursor->pc, code->begin, spprof_code_end_sigsafe(code),
                                          &distance) == SPPROF_FRAME_COMPLETE &&
           cursor->fp >= cursor->sp && cursor->fp - cursor->sp < size;
}

/* Leaves a stub whose frame is just being made or removed. */
static bool leave_edge_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                               int *result) {
    struct spprof_return_slot slot;
    if (cursor->arrival == SPPROF_INTERRUPTED && find_record_sigsafe(cursor, code, &slot) &&
        (spprof_return_slot_holds_sigsafe(cursor, &slot, NULL) ||
         is_jumped_to_sigsafe(cursor, code, &slot)) &&
        spprof_return_slot_go_by_sigsafe(cursor, &slot, result)) {
        return true;
    }
    return cursor->arrival == SPPROF_INTERRUPTED &&
           (spprof_cpu_slot_at_edge_sigsafe(cursor, &slot) ||
            (spprof_code_is_sigsafe(code, SPPROF_BLOB_ADAPTER) &&
             spprof_cpu_slot_of_i2c_sigsafe(cursor, code->begin, &slot))) &&
           spprof_return_slot_holds_sigsafe(cursor, &slot, NULL) &&
           spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
}

/* Leaves a SafepointBlob. A poll within a method has no call before it, so its address must only be
 * in a method's code. */
static bool leave_poll_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                               int *result) {
    if (cursor->arrival != SPPROF_INTERRUPTED ||
        !spprof_code_is_sigsafe(code, SPPROF_BLOB_SAFEPOINT)) {
        return false;
    }
    const struct spprof_poll poll = {
        .begin = code->begin,
        .end = spprof_code_end_sigsafe(code),
        .frame_size = spprof_code_frame_size_sigsafe(code),
        .pc = spprof_word_sigsafe(cursor->thread + spprof_layout.thread_poll_pc),
    };
    struct spprof_caller caller;
    bool within;
    if (!spprof_cpu_caller_of_poll_sigsafe(cursor, &poll, &caller, &within) ||
        (within ? spprof_code_at_sigsafe(caller.pc).kind != SPPROF_CODE_METHOD
                : !spprof_is_return_address_sigsafe(caller.pc))) {
        return false;
    }
    *result = spprof_cursor_go_to_sigsafe(cursor, &caller);
    return true;
}

/* Returns the target of the interpreter's call before `pc`, if the target is in `code`, and if the
 * interpreter's frame is the one to which fp points; otherwise 0. */
static uint64_t target_of_interpreter_sigsafe(const struct spprof_cursor *cursor,
                                              const struct spprof_return_slot *slot, uint64_t pc,
                                              const struct spprof_code *code) {
    uint64_t target;
    return spprof_return_slot_holds_sigsafe(cursor, slot, NULL) &&
                   spprof_cpu_is_call_before_sigsafe(pc, &target) && target >= code->begin &&
                   target < spprof_code_end_sigsafe(code)
               ? target
               : 0;
}

/*
 * Leaves a stub that saves registers without building a frame. Candidates are the words of the
 * stack that hold an address behind a call into the block of stubs. The stub begins at the target
 * of one of these calls: the target nearest to pc, at or before pc, by at most `most_bytes`. The
 * address behind this call is the return address. At most `most` words are looked at.
 */
static bool leave_frameless_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                    uint64_t most, uint64_t most_bytes, int *result) {
    struct spprof_return_slot slot = spprof_return_slot_without_frame_sigsafe(cursor->sp);
    struct spprof_return_slot best_slot = slot;
    uint64_t best = 0, at = slot.sp, pc;
    for (; most > 0 && slot.at < cursor->high; most--, at += SPPROF_WORD_BYTES) {
        if (spprof_return_slot_pc_sigsafe(cursor, &slot, &pc) && spprof_is_code_sigsafe(pc)) {
            uint64_t target = spprof_code_in_interpreter_sigsafe(pc)
                                  ? target_of_interpreter_sigsafe(cursor, &slot, pc, code)
                                  : spprof_target_of_call_sigsafe(pc, code);
            if (target > best && target <= cursor->pc) {
                best = target;
                best_slot = slot;
            }
        }
        slot = spprof_return_slot_at_sigsafe(at, 0);
    }
    return best != 0 && cursor->pc - best <= most_bytes &&
           spprof_return_slot_go_by_sigsafe(cursor, &best_slot, result);
}

/*
 * Leaves a stub that has only saved registers since it was called. Words that it has reserved and
 * not written yet can hold return addresses of earlier calls. Only where calls push the return
 * address.
 */
static bool leave_saving_stub_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                      int *result) {
    uint64_t pc;
    if (SPPROF_CPU_CALL_PUSHES == 0 || cursor->arrival != SPPROF_INTERRUPTED) {
        return false;
    }
    uint64_t pushed =
        spprof_cpu_pushed_sigsafe(code->begin, cursor->pc, spprof_code_end_sigsafe(code));
    struct spprof_return_slot slot = spprof_return_slot_without_frame_sigsafe(cursor->sp + pushed);
    return pushed != 0 && spprof_return_slot_pc_sigsafe(cursor, &slot, &pc) &&
           spprof_target_of_call_sigsafe(pc, code) == code->begin &&
           spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
}

/*
 * Leaves call_stub itself. The JavaCallWrapper holds the anchor of the Java frame before. Before
 * call_stub's call, the JavaCallWrapper is first in the register of the first argument, and is
 * saved in the frame later. After the call, the cursor leaves call_stub as if a method had just
 * returned to it.
 */
static bool leave_call_stub_sigsafe(struct spprof_cursor *cursor, int *result) {
    uint64_t call = spprof_word_sigsafe(spprof_layout.call_stub_return);
    uint64_t wrapper = cursor->registers->first_argument;
    struct spprof_cursor entry = *cursor;
    if (cursor->pc - (call - SPPROF_CPU_MOST_OF_CALL_STUB) > 2 * SPPROF_CPU_MOST_OF_CALL_STUB) {
        return false;
    }
    if (cursor->pc < call && wrapper > cursor->sp &&
        spprof_cursor_on_stack_sigsafe(cursor, wrapper)) {
        *result = spprof_frames_of_anchor_sigsafe(&entry, wrapper + spprof_layout.wrapper_anchor);
        if (*result == 1 || (*result == 0 && entry.sp > wrapper)) {
            *cursor = entry;
            return true;
        }
        entry = *cursor;
    }
    entry.fp = spprof_cpu_fp_of_call_stub_sigsafe(cursor);
    entry.low -= SPPROF_CPU_RED_ZONE;
    if (entry.sp > entry.fp) {
        entry.sp = entry.fp;
    }
    *result = spprof_frames_of_entry_sigsafe(&entry);
    entry.low = cursor->low;
    if (*result < 0) {
        return false;
    }
    *cursor = entry;
    return true;
}

/* Finds the return slot at the end of a stub's frame, by the size of the stub's frames. If the stub
 * points fp to its frame, fp must confirm the size. */
static bool find_frame_sigsafe(const struct spprof_cursor *cursor, const struct spprof_code *code,
                               struct spprof_return_slot *slot) {
    uint64_t frame_size = spprof_code_frame_size_sigsafe(code);
    *slot = spprof_return_slot_behind_frame_sigsafe(cursor->sp + frame_size);
    return frame_size >= 2 * SPPROF_WORD_BYTES &&
           (!spprof_cpu_points_fp_sigsafe(code->begin) || cursor->fp == slot->fp_at);
}

/*
 * Finds the return slot while a stub builds its frame. After the first instructions and until the
 * frame is complete, the frame's last words can still hold what earlier calls left in the stack.
 * These values must not be taken for the return address.
 */
static bool find_prologue_sigsafe(const struct spprof_cursor *cursor,
                                  const struct spprof_code *code, struct spprof_return_slot *slot) {
    uint64_t frame_size = spprof_code_frame_size_sigsafe(code), distance;
    uint64_t done = cursor->pc - code->begin;
    enum spprof_frame_stage stage;
    if (spprof_cpu_points_fp_sigsafe(code->begin)) {
        stage = spprof_cpu_saver_stage_sigsafe(cursor->pc, code->begin,
                                               spprof_code_end_sigsafe(code), &distance);
        if (stage == SPPROF_FRAME_COMPLETE) {
            if (find_frame_sigsafe(cursor, code, slot)) {
                return true;
            }
            *slot = spprof_return_slot_of_record_sigsafe(cursor->fp);
            return done < SPPROF_CPU_MOST_OF_A_PROLOGUE && cursor->fp >= cursor->sp &&
                   cursor->fp - cursor->sp < frame_size;
        }
        *slot = stage == SPPROF_FRAME_NONE
                    ? spprof_return_slot_without_frame_sigsafe(cursor->sp)
                    : spprof_return_slot_of_record_sigsafe(cursor->sp + distance);
        return true;
    }
    stage = spprof_cpu_stage_sigsafe(cursor->pc, code->begin,
                                     code->begin + SPPROF_CPU_MOST_OF_A_PROLOGUE);
    *slot = spprof_return_slot_at_stage_sigsafe(cursor, stage, frame_size);
    return stage != SPPROF_FRAME_NONE || done == 0 || done >= SPPROF_CPU_MOST_OF_A_PROLOGUE;
}

/* Returns whether a stub can return to `pc`. If the call before `pc` is of a compiled method, it is
 * not of a stub. */
static bool is_return_of_stub_sigsafe(uint64_t pc) {
    uint64_t target;
    return spprof_code_in_interpreter_sigsafe(pc) || !spprof_is_call_before_sigsafe(pc, &target) ||
           spprof_code_at_sigsafe(target).kind != SPPROF_CODE_METHOD;
}

/*
 * Leaves a stub whose return address still is in the register. The register shows nothing of sp. If
 * the record at fp has the same return address, the stub has pushed this record, and sp in the
 * caller is behind it. Otherwise the stub's instructions show how far they have moved sp.
 */
static bool leave_by_register_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                      int *result) {
    struct spprof_return_slot slot = spprof_return_slot_without_frame_sigsafe(cursor->sp);
    struct spprof_return_slot record = spprof_return_slot_of_record_sigsafe(cursor->fp);
    uint64_t pc, recorded;
    if (SPPROF_CPU_CALL_PUSHES != 0 || !spprof_return_slot_pc_sigsafe(cursor, &slot, &pc)) {
        return false;
    }
    uint64_t target = spprof_target_of_call_sigsafe(pc, code);
    if (target == 0) {
        return false;
    }
    if (cursor->fp >= cursor->sp && spprof_return_slot_pc_sigsafe(cursor, &record, &recorded) &&
        recorded == pc) {
        return spprof_return_slot_go_by_sigsafe(cursor, &record, result);
    }
    /* The register can also hold where the stub's own last call has returned to. */
    if (pc < code->begin || pc > spprof_code_end_sigsafe(code)) {
        slot.sp += spprof_cpu_pushed_sigsafe(target, cursor->pc, spprof_code_end_sigsafe(code));
    }
    return spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
}

static int leave_stub_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code) {
    uint64_t frame_size = spprof_code_frame_size_sigsafe(code);
    uint64_t sp = cursor->sp, fp = cursor->fp, pc;
    bool top = cursor->arrival == SPPROF_INTERRUPTED;
    bool sized = frame_size >= 2 * SPPROF_WORD_BYTES;
    int result;
    struct spprof_return_slot slot = spprof_return_slot_without_frame_sigsafe(sp);
    if (top && spprof_code_is_sigsafe(code, SPPROF_BLOB_VTABLE)) {
        /* The stub only looks up where to jump, so it has no frame. The call before the
         * return address is not checked: it can lead elsewhere by now. */
        return spprof_return_slot_go_by_sigsafe(cursor, &slot, &result) ? result
                                                                        : SPPROF_WALK_BROKEN_STUB;
    }
    if (spprof_code_is_sigsafe(code, SPPROF_BLOB_SAFEPOINT)) {
        return leave_poll_sigsafe(cursor, code, &result) ? result : SPPROF_WALK_BROKEN_STUB;
    }
    if (leave_patching_adapter_sigsafe(cursor, code, &result) ||
        leave_throw_sigsafe(cursor, code, &result) || leave_edge_sigsafe(cursor, code, &result) ||
        leave_forward_exception_sigsafe(cursor, code, &result) ||
        leave_exception_s_end_sigsafe(cursor, code, &result) ||
        leave_exception_s_beginning_sigsafe(cursor, code, &result) ||
        leave_saving_stub_sigsafe(cursor, code, &result)) {
        return result;
    }
    if (leave_by_register_sigsafe(cursor, code, &result)) {
        return result;
    }
    bool has_fp = fp >= sp && spprof_cursor_on_stack_sigsafe(cursor, fp);
    struct spprof_return_slot slots[] = {
        slot,
        spprof_return_slot_of_record_sigsafe(fp),
        spprof_return_slot_behind_frame_sigsafe(sp + frame_size),
        spprof_return_slot_of_record_sigsafe(sp),
        /* method_entry_barrier */
        spprof_return_slot_at_sigsafe(fp + SPPROF_WORD_BYTES + SPPROF_CPU_COOKIE_BYTES, fp),
    };
    bool possible[] = {top, has_fp, sized, top, has_fp};
    /* This loop first tries the slots whose return address follows a call into this code. */
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        if (possible[i] && spprof_return_slot_pc_sigsafe(cursor, &slots[i], &pc) &&
            spprof_target_of_call_sigsafe(pc, code) != 0 &&
            spprof_return_slot_go_by_sigsafe(cursor, &slots[i], &result)) {
            return result;
        }
        if (i == 0 && top && leave_adapter_sigsafe(cursor, code, &result)) {
            return result;
        }
    }
    if (top && sized && find_prologue_sigsafe(cursor, code, &slot) &&
        (spprof_return_slot_holds_sigsafe(cursor, &slot, NULL) ||
         is_jumped_to_sigsafe(cursor, code, &slot)) &&
        spprof_return_slot_go_by_sigsafe(cursor, &slot, &result)) {
        return result;
    }
    if (leave_exception_sigsafe(cursor, code, &result) ||
        leave_to_handler_sigsafe(cursor, code, &result)) {
        return result;
    }
    /* A stub that called native code has its frame. Not only a call can have led to the stub, but
     * also a jump: from MethodHandle.linkToNative, or from a frame that an exception has removed
     * from the stack. */
    if (!top && find_frame_sigsafe(cursor, code, &slot) &&
        spprof_return_slot_holds_sigsafe(cursor, &slot, NULL) &&
        spprof_return_slot_go_by_sigsafe(cursor, &slot, &result)) {
        return result;
    }
    /* A stub that has pushed a few registers, of which one may hold an old return address. */
    if (top && leave_frameless_sigsafe(cursor, code, MOST_WORDS_NEAR, MOST_BYTES_NEAR, &result)) {
        return result;
    }
    /* An exception is on its way to a caller, and the frame of the method that was called is gone.
     * Only its return address is left, perhaps with a word below it for alignment. A stub that has
     * a frame is not in this situation. */
    uint64_t last = top ? sp : sized ? 0 : sp + SPPROF_WORD_BYTES;
    for (uint64_t at = sp; at <= last; at += SPPROF_WORD_BYTES) {
        slot = spprof_return_slot_without_frame_sigsafe(at);
        if (spprof_return_slot_pc_sigsafe(cursor, &slot, &pc) &&
            spprof_is_return_of_java_sigsafe(pc) &&
            spprof_return_slot_holds_sigsafe(cursor, &slot, NULL) &&
            spprof_return_slot_go_by_sigsafe(cursor, &slot, &result)) {
            return result;
        }
    }
    if (top && leave_call_stub_sigsafe(cursor, &result)) {
        return result;
    }
    /* Stubs other than StubRoutines push a few registers if they have no frame:
     * slow_subtype_check. */
    bool routine = spprof_code_is_sigsafe(code, SPPROF_BLOB_STUB_ROUTINES);
    uint64_t most = routine ? MOST_WORDS_OF_A_STUB : MOST_WORDS_WITHOUT_FRAME;
    if (leave_frameless_sigsafe(cursor, code, most, UINT64_MAX, &result)) {
        return result;
    }
    /* In code that does not use fp, fp belongs to a frame further up the stack. */
    bool near_fp = has_fp && fp - sp <= MOST_WORDS_WITHOUT_FRAME * SPPROF_WORD_BYTES;
    bool likely[] = {top, near_fp, sized, top, near_fp};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        if (likely[i] && spprof_return_slot_holds_sigsafe(cursor, &slots[i], NULL) &&
            (!routine || (spprof_return_slot_pc_sigsafe(cursor, &slots[i], &pc) &&
                          is_return_of_stub_sigsafe(pc))) &&
            spprof_return_slot_go_by_sigsafe(cursor, &slots[i], &result)) {
            return result;
        }
    }
    return SPPROF_WALK_BROKEN_STUB;
}

int spprof_frames_of_stub_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code) {
    uint64_t frame_size = spprof_code_frame_size_sigsafe(code);
    int result;
    if (spprof_code_is_sigsafe(code, SPPROF_BLOB_UPCALL)) {
        return spprof_frames_of_upcall_sigsafe(cursor, code);
    }
    if (cursor->arrival == SPPROF_AT_CALL && frame_size >= 2 * SPPROF_WORD_BYTES) {
        struct spprof_return_slot slot =
            spprof_return_slot_behind_frame_sigsafe(cursor->sp + frame_size);
        return spprof_return_slot_go_by_sigsafe(cursor, &slot, &result) ? result
                                                                        : SPPROF_WALK_BROKEN_STACK;
    }
    bool leaf = cursor->arrival != SPPROF_AT_CALL;
    result = leave_stub_sigsafe(cursor, code);
    if (leaf && result == 0) {
        cursor->arrival = SPPROF_FROM_LEAF; /* the caller may have pushed words before its call */
    }
    return result;
}
