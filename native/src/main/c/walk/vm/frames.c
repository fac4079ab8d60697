#include "walk/vm/frames.h"

#include "base/sample.h"
#include "walk/vm/return_slots.h"
#include "walk/vm/scopes.h"

static enum spprof_frame_stage stage_sigsafe(uint64_t pc, const struct spprof_code *code) {
    /* The interpreter enters the code from a loop at its OSR entry, far behind the beginning. The
     * code there builds the frame, too. */
    uint64_t osr = spprof_method_osr_entry_sigsafe(code);
    uint64_t complete = spprof_method_complete_sigsafe(code);
    if (osr != 0 && pc >= osr && pc < osr + SPPROF_CPU_MOST_OF_A_PROLOGUE && pc >= complete) {
        enum spprof_frame_stage stage =
            spprof_cpu_stage_sigsafe(pc, osr, osr + SPPROF_CPU_MOST_OF_A_PROLOGUE);
        if (stage != SPPROF_FRAME_NONE) {
            return stage;
        }
    }
    return spprof_cpu_stage_sigsafe(pc, code->begin, complete);
}

/*
 * Returns whether the search for the caller may also try that the decoded stage is wrong: that the
 * method has no frame yet, or none any more. On processors whose calls put the return address into
 * a register, it may not do so in a complete frame whose register points into the method itself.
 * The register then probably holds the address after the method's own last call. If the method
 * calls itself, that address passes for a return address, and the walk would skip a frame.
 */
static bool may_be_unmade_sigsafe(const struct spprof_cursor *cursor,
                                  const struct spprof_code *code, enum spprof_frame_stage stage) {
    uint64_t pc = cursor->registers->return_address;
    return SPPROF_CPU_CALL_PUSHES != 0 || stage != SPPROF_FRAME_COMPLETE || pc < code->begin ||
           pc > spprof_code_end_sigsafe(code);
}

/* Leaves a method with a complete frame that has pushed words below it. */
static bool leave_pushed_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                 int *result) {
    uint64_t end = cursor->sp + spprof_code_frame_size_sigsafe(code);
    for (uint64_t words = 0; words <= SPPROF_CPU_MOST_WORDS_PUSHED; words++) {
        struct spprof_return_slot slot =
            spprof_return_slot_behind_frame_sigsafe(end + words * SPPROF_WORD_BYTES);
        if (spprof_return_slot_holds_sigsafe(cursor, &slot, code) &&
            spprof_return_slot_go_by_sigsafe(cursor, &slot, result)) {
            return true;
        }
    }
    return false;
}

int spprof_frames_of_method_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code) {
    uint64_t frame_size = spprof_code_frame_size_sigsafe(code);
    uint64_t sp = cursor->sp;
    int result;
    if (cursor->arrival == SPPROF_AT_CALL) {
        struct spprof_return_slot slot = spprof_return_slot_behind_frame_sigsafe(sp + frame_size);
        return frame_size >= 2 * SPPROF_WORD_BYTES &&
                       spprof_return_slot_go_by_sigsafe(cursor, &slot, &result)
                   ? result
                   : SPPROF_WALK_BROKEN_STACK;
    }
    enum spprof_frame_stage stage = cursor->arrival == SPPROF_INTERRUPTED
                                        ? stage_sigsafe(cursor->pc, code)
                                        : SPPROF_FRAME_COMPLETE;
    bool whole = frame_size >= 2 * SPPROF_WORD_BYTES;
    struct spprof_return_slot slot;
    /* Below the frame's end, a record of an earlier call can pass for this frame's. */
    uint64_t popped =
        cursor->arrival == SPPROF_FROM_LEAF ? spprof_cpu_popped_sigsafe(cursor->pc) : 0;
    slot = spprof_return_slot_behind_frame_sigsafe(sp + frame_size + popped);
    if (popped != 0 && whole && spprof_return_slot_holds_sigsafe(cursor, &slot, code) &&
        spprof_return_slot_go_by_sigsafe(cursor, &slot, &result)) {
        return result;
    }
    slot = spprof_return_slot_at_stage_sigsafe(cursor, stage, frame_size);
    if ((stage != SPPROF_FRAME_COMPLETE || whole) &&
        spprof_return_slot_holds_sigsafe(cursor, &slot, code) &&
        spprof_return_slot_go_by_sigsafe(cursor, &slot, &result)) {
        return result;
    }
    /* The instructions of an out-of-line barrier show by how many bytes it has moved sp. */
    uint64_t moved = spprof_cpu_moved_sp_sigsafe(cursor->pc, spprof_code_end_sigsafe(code));
    slot = spprof_return_slot_behind_frame_sigsafe(sp + frame_size + moved);
    if (moved != 0 && whole && spprof_return_slot_holds_sigsafe(cursor, &slot, code) &&
        spprof_return_slot_go_by_sigsafe(cursor, &slot, &result)) {
        return result;
    }
    /* A link register that still holds the return address shows nothing of sp. So it comes last in
     * a complete frame. */
    bool register_last = SPPROF_CPU_CALL_PUSHES == 0 && stage == SPPROF_FRAME_COMPLETE;
    if (register_last && whole && leave_pushed_sigsafe(cursor, code, &result)) {
        return result;
    }
    const struct spprof_return_slot unmade[] = {spprof_return_slot_without_frame_sigsafe(sp),
                                                spprof_return_slot_of_record_sigsafe(sp)};
    for (size_t i = 0; i < 2 && cursor->arrival == SPPROF_INTERRUPTED; i++) {
        if (may_be_unmade_sigsafe(cursor, code, stage) &&
            spprof_return_slot_holds_sigsafe(cursor, &unmade[i], code) &&
            spprof_return_slot_go_by_sigsafe(cursor, &unmade[i], &result)) {
            return result;
        }
    }
    if (!register_last && whole && leave_pushed_sigsafe(cursor, code, &result)) {
        return result;
    }
    return SPPROF_WALK_BROKEN_METHOD;
}
int spprof_frames_of_anchor_sigsafe(struct spprof_cursor *cursor, uint64_t anchor) {
    struct spprof_caller last = {.pc = spprof_word_sigsafe(anchor + spprof_layout.anchor_pc),
                                 .sp = spprof_word_sigsafe(anchor + spprof_layout.anchor_sp),
                                 .fp = spprof_word_sigsafe(anchor + spprof_layout.anchor_fp)};
    if (last.sp == 0) {
        return 1;
    }
    /* If the anchor has no pc, the frame's pc is the return address of the call into the JVM, in a
     * word below sp. */
    if (last.pc == 0 &&
        !spprof_cursor_load_sigsafe(cursor, last.sp - SPPROF_CPU_ANCHOR_PC_BELOW, &last.pc)) {
        return SPPROF_WALK_BROKEN_STACK;
    }
    last.pc = spprof_cpu_strip_sigsafe(last.pc);
    return spprof_cursor_go_to_sigsafe(cursor, &last);
}

int spprof_frames_of_entry_sigsafe(struct spprof_cursor *cursor) {
    uint64_t wrapper, sp = cursor->sp;
    if (cursor->fp < sp || !spprof_frames_is_entry_sigsafe(cursor, cursor->fp, NULL, &wrapper)) {
        return SPPROF_WALK_BROKEN_ENTRY;
    }
    int result = spprof_frames_of_anchor_sigsafe(cursor, wrapper + spprof_layout.wrapper_anchor);
    return result == 0 && cursor->sp <= sp ? SPPROF_WALK_BROKEN_ENTRY : result;
}

/*
 * UpcallStub::FrameData (codeBlob.hpp; in JDK 17 OptimizedEntryBlob::FrameData) holds the anchor,
 * then the thread. The stub moves sp at its beginning and at its end, where the thread's state is
 * "in native" and the thread has its anchor. In between, the stub pushes registers before it calls
 * a barrier, which is native code.
 */
int spprof_frames_of_upcall_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code) {
    uint64_t distance = spprof_cpu_frame_data_sigsafe(code->begin, spprof_code_end_sigsafe(code));
    uint64_t anchor = cursor->sp + distance, thread = 0;
    uint64_t most = cursor->arrival == SPPROF_AT_CALL ? 0 : SPPROF_CPU_MOST_WORDS_PUSHED_IN_UPCALL;
    if (distance == 0 || spprof_layout.anchor_size == 0) {
        return SPPROF_WALK_BROKEN_ENTRY;
    }
    for (uint64_t last = anchor + most * SPPROF_WORD_BYTES;; anchor += SPPROF_WORD_BYTES) {
        if (!spprof_cursor_load_sigsafe(cursor, anchor + spprof_layout.anchor_size, &thread)) {
            return SPPROF_WALK_BROKEN_ENTRY;
        }
        if (thread == cursor->thread) {
            break;
        }
        if (anchor == last) {
            return SPPROF_WALK_BROKEN_ENTRY;
        }
    }
    int result = spprof_frames_of_anchor_sigsafe(cursor, anchor);
    return result == 0 && cursor->sp <= anchor ? SPPROF_WALK_BROKEN_ENTRY : result;
}
