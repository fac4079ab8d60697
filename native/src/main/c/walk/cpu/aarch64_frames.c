/*
 * Finds out where the return address is, on the stack or in the link register, for a thread that
 * was interrupted in code of the JVM whose frame varies in size, or is built in several ways, so
 * that spprof_frame_stage (cpu.h) cannot describe it: adapters between the interpreter and compiled
 * code (sharedRuntime_aarch64.cpp), stubs of safepoint polls, and the interpreter's entry code
 * (templateInterpreterGenerator_aarch64.cpp).
 *
 * cpu.h declares the functions. The walker calls them in the handler, on the interrupted thread.
 */
#include "walk/cpu/cursor.h"

#define MOST_BYTES_OF_ARGUMENTS 4096
#define MOST_BYTES_OF_REGISTERS 8704 /* 32 vector registers of 256 bytes, 30 others */
#define MOST_OF_AN_ADAPTER 512       /* instructions */

static uint32_t code_at_sigsafe(uint64_t pc) {
    return *(const uint32_t *)(uintptr_t)pc;
}

/* Where code is that can push a record in the middle of its work: an adapter, the interpreter. */
enum position {
    NO_SENDER_SP, /* sp is the caller's */
    SENDER_SP,    /* c2i has kept the caller's sp in a register and may have moved sp */
    PATCHING,     /* it has pushed a record, to which fp points; c2i does so to patch a call */
    PUSHED,       /* the same, but fp does not point there yet */
};

/* Goes back through the code. i2c is before c2i and ends with a jump. */
static enum position position_sigsafe(uint64_t pc, uint64_t begin) {
    uint32_t mov_sender_sp = 0x910003e0 | (uint32_t)spprof_aarch64_sender_sp;
    for (uint64_t at = pc - 4; at >= begin && pc - at <= 4 * MOST_OF_AN_ADAPTER; at -= 4) {
        uint32_t code = code_at_sigsafe(at);
        if (code == mov_sender_sp) {
            return SENDER_SP;
        }
        if (spprof_aarch64_pushes_record_sigsafe(code)) {
            return at == pc - 4 ? PUSHED : PATCHING;
        }
        if (spprof_aarch64_pops_record_sigsafe(code) ||
            (code & 0xfffffc1f) == 0xd61f0000 /* br */) {
            return NO_SENDER_SP;
        }
    }
    return NO_SENDER_SP;
}

static bool patches_sigsafe(const struct spprof_cursor *cursor, enum position position,
                            struct spprof_return_slot *slot) {
    uint64_t record = position == PUSHED ? cursor->sp : cursor->fp;
    *slot = spprof_return_slot_of_record_sigsafe(record);
    return (position == PUSHED || position == PATCHING) && record >= cursor->sp &&
           record - cursor->sp <= MOST_BYTES_OF_REGISTERS;
}

bool spprof_cpu_slot_of_adapter_sigsafe(const struct spprof_cursor *cursor, uint64_t begin,
                                        struct spprof_return_slot *slot) {
    enum position position = position_sigsafe(cursor->pc, begin);
    if (position == PUSHED || position == PATCHING) {
        return patches_sigsafe(cursor, position, slot);
    }
    *slot = spprof_return_slot_without_frame_sigsafe(
        position == SENDER_SP ? cursor->registers->sender_sp : cursor->sp);
    return slot->sp >= cursor->sp && slot->sp - cursor->sp <= MOST_BYTES_OF_ARGUMENTS;
}

bool spprof_cpu_slot_of_patching_adapter_sigsafe(const struct spprof_cursor *cursor, uint64_t begin,
                                                 struct spprof_return_slot *slot) {
    return patches_sigsafe(cursor, position_sigsafe(cursor->pc, begin), slot);
}

/*
 * generate_handler_blob. Polls within a method and polls at a return jump to blobs that push a
 * record. The blob for polls within a method then writes the poll's address over the return address
 * in the record, where only a remainder of an earlier call was; until then the poll's address is in
 * the thread.
 */
bool spprof_cpu_caller_of_poll_sigsafe(const struct spprof_cursor *cursor,
                                       const struct spprof_poll *poll, struct spprof_caller *caller,
                                       bool *within) {
    enum { STORE = 0xf90007b4 }; /* str x20,[x29,#8] */
    uint64_t store = poll->begin, distance;
    while (store < poll->end && code_at_sigsafe(store) != STORE) {
        store += 4;
    }
    *within = store < poll->end;
    bool filled = !*within || cursor->pc > store;
    enum spprof_frame_stage stage =
        spprof_cpu_saver_stage_sigsafe(cursor->pc, poll->begin, poll->end, &distance);
    *caller = (struct spprof_caller){
        .pc = cursor->registers->return_address, .sp = cursor->sp, .fp = cursor->fp};
    if (stage != SPPROF_FRAME_NONE) {
        uint64_t record = stage == SPPROF_FRAME_PUSHED ? cursor->sp : cursor->fp;
        struct spprof_return_slot slot = spprof_return_slot_of_record_sigsafe(record);
        if (record < cursor->sp || record - cursor->sp > poll->frame_size ||
            !spprof_return_slot_read_sigsafe(cursor, &slot, caller)) {
            return false;
        }
    }
    caller->pc = filled ? caller->pc : poll->pc;
    return true;
}

/* Shenandoah's barrier in the interpreter: stp x29,x30,[sp,#-16]!; mov x29,sp; …; mov sp,x29; ldp
 * x29,x30,[sp],#16. The x30 that it saves is a remainder of an earlier call. */
uint64_t spprof_cpu_fp_of_interpreter_sigsafe(const struct spprof_cursor *cursor, uint64_t begin) {
    uint64_t saved;
    return position_sigsafe(cursor->pc, begin) == PATCHING && cursor->fp >= cursor->sp &&
                   spprof_cursor_load_sigsafe(cursor, cursor->fp, &saved) && saved > cursor->fp
               ? saved
               : cursor->fp;
}

/* Whether the entry code will still write the slot of the caller's sp: stp xzr,xN,[sp,#64]. */
static bool writes_sender_sp_sigsafe(uint64_t pc) {
    enum { MOST = 12 };
    uint32_t store = 0xa90403ff | (uint32_t)spprof_aarch64_sender_sp << 10;
    for (uint64_t at = pc; at < pc + 4 * MOST; at += 4) {
        if (code_at_sigsafe(at) == store) {
            return true;
        }
    }
    return false;
}

/* The caller's sp, if `sp` can be it, else `least`. If the caller has the register fp, `sp` is not
 * above it. An entry that builds no frame (Reference.get) uses the register of the caller's sp for
 * other purposes. */
static uint64_t sane_sp_sigsafe(uint64_t sp, uint64_t least, uint64_t fp) {
    return sp > least && (fp < least || sp <= fp) ? sp : least;
}

#define MOST_OF_AN_ENTRY 256 /* instructions */
#define FIXED_BYTES 80       /* of a frame, below its record */

/*
 * The entry code moves sp by the frame's fixed part. It stores the caller's fp and the return
 * address in the record, points fp there, and then stores the caller's sp, which a register holds
 * until then. Last, it moves sp by the rest of the frame. If the caller is in the interpreter, its
 * sp can be below this frame (SPPROF_CPU_MOST_BELOW_CALLEE).
 */
int spprof_cpu_callers_of_entry_sigsafe(const struct spprof_cursor *cursor,
                                        struct spprof_caller *callers) {
    const struct spprof_registers *registers = cursor->registers;
    uint64_t sp = cursor->sp, fp = cursor->fp, above;
    struct spprof_return_slot record = spprof_return_slot_of_record_sigsafe(fp);
    struct spprof_caller caller;
    int count = 0;
    if (position_sigsafe(cursor->pc, cursor->pc - 4 * MOST_OF_AN_ENTRY) == PATCHING) {
        /* In a barrier that has pushed a record. The entry of Reference.get has no other record.
         * All other entries already have the frame's fixed part, directly above the barrier's
         * record. */
        uint64_t saved, slot;
        if (fp < sp || !spprof_cursor_load_sigsafe(cursor, fp, &saved)) {
            return 0;
        }
        if (saved - record.sp == FIXED_BYTES) {
            record = spprof_return_slot_of_record_sigsafe(saved);
            slot = saved +
                   (uint64_t)(int64_t)spprof_cpu_interpreter_slots.sender_sp * SPPROF_WORD_BYTES;
            if (!spprof_cursor_load_sigsafe(cursor, slot, &record.sp)) {
                return 0;
            }
        }
        if (spprof_return_slot_read_sigsafe(cursor, &record, &caller)) {
            caller.sp = sane_sp_sigsafe(caller.sp, record.at + SPPROF_WORD_BYTES, caller.fp);
            callers[count++] = caller;
        }
        return count;
    }
    if (fp >= sp && (fp - sp) / SPPROF_WORD_BYTES <= (uint64_t)-spprof_cpu_interpreter_slots.last &&
        spprof_return_slot_read_sigsafe(cursor, &record, &caller)) {
        uint64_t slot =
            fp + (uint64_t)(int64_t)spprof_cpu_interpreter_slots.sender_sp * SPPROF_WORD_BYTES;
        caller.sp = registers->sender_sp;
        if (writes_sender_sp_sigsafe(cursor->pc) ||
            spprof_cursor_load_sigsafe(cursor, slot, &caller.sp)) {
            caller.sp = sane_sp_sigsafe(caller.sp, record.sp, caller.fp);
            callers[count++] = caller;
        }
    }
    caller = (struct spprof_caller){.pc = registers->return_address,
                                    .sp = sane_sp_sigsafe(registers->sender_sp, sp, fp),
                                    .fp = fp};
    if (!(spprof_cursor_load_sigsafe(cursor, fp + SPPROF_WORD_BYTES, &above) &&
          spprof_cpu_strip_sigsafe(above) == caller.pc)) {
        callers[count++] = caller;
    }
    return count;
}
