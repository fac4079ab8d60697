/*
 * Finds out where on the stack the return address is, for a thread that was interrupted in code of
 * the JVM whose frame varies in size, or is built in several ways, so that spprof_frame_stage
 * (cpu.h) cannot describe it: adapters between the interpreter and compiled code
 * (sharedRuntime_x86_64.cpp), stubs of safepoint polls, and the interpreter's entry code
 * (templateInterpreterGenerator_x86.cpp).
 *
 * cpu.h declares the functions. The walker calls them in the handler, on the interrupted thread.
 */
#include "walk/cpu/cursor.h"

#define MOST_WORDS_OF_ARGUMENTS 512
#define MOST_WORDS_OF_REGISTERS 128 /* fxsave's 512 bytes, 16 registers, flags */

/* The adapter from compiled code to the interpreter (c2i) has made room for arguments on the stack,
 * and keeps the caller's sp in a register. The return address is below that sp; until the room is
 * filled, it is also in another register or at sp. */
bool spprof_cpu_slot_of_adapter_sigsafe(const struct spprof_cursor *cursor, uint64_t begin,
                                        struct spprof_return_slot *slot) {
    (void)begin;
    uint64_t caller_sp = cursor->registers->sender_sp, sp = cursor->sp, old = 0, pc = 0;
    *slot = spprof_return_slot_at_sigsafe(caller_sp - SPPROF_WORD_BYTES, 0);
    return caller_sp > sp && caller_sp - sp <= MOST_WORDS_OF_ARGUMENTS * SPPROF_WORD_BYTES &&
           spprof_cursor_load_sigsafe(cursor, slot->at, &old) &&
           (cursor->registers->return_address == old ||
            (spprof_cursor_load_sigsafe(cursor, sp, &pc) && pc == old));
}

/* The adapter from compiled code to the interpreter (c2i) keeps sp, which points to the return
 * address, in a register. */
bool spprof_cpu_slot_of_patching_adapter_sigsafe(const struct spprof_cursor *cursor, uint64_t begin,
                                                 struct spprof_return_slot *slot) {
    (void)begin;
    uint64_t at = cursor->registers->sender_sp;
    *slot = spprof_return_slot_at_sigsafe(at, 0);
    return at >= cursor->sp && at - cursor->sp < MOST_WORDS_OF_REGISTERS * SPPROF_WORD_BYTES;
}

/* Barriers push registers only. */
uint64_t spprof_cpu_fp_of_interpreter_sigsafe(const struct spprof_cursor *cursor, uint64_t begin) {
    (void)begin;
    return cursor->fp;
}

/*
 * HotSpot's generate_handler_blob makes the blobs. A poll within a method jumps to a blob that
 * makes room for a return address and pushes its frame. Only then does this blob write the return
 * address, which is the poll's address, into the room; until then the poll's address is in the
 * thread. A poll at a return jumps to another blob, when the method's frame is already removed: the
 * method's return address is then where a call of the blob would have put its own.
 */
bool spprof_cpu_caller_of_poll_sigsafe(const struct spprof_cursor *cursor,
                                       const struct spprof_poll *poll, struct spprof_caller *caller,
                                       bool *within) {
    uint64_t entry = poll->begin, sp = cursor->sp, distance;
    uint64_t return_at = sp; /* the address of the return address, or of the room for it */
    *within = spprof_x86_64_makes_room_sigsafe(entry);
    caller->fp = cursor->fp;
    if (*within && cursor->pc == entry) {
        return_at = sp - SPPROF_WORD_BYTES;
    } else {
        enum spprof_frame_stage stage = spprof_cpu_saver_stage_sigsafe(
            cursor->pc, *within ? entry + 1 : entry, poll->end, &distance);
        if (stage != SPPROF_FRAME_NONE) {
            uint64_t fp_at = stage == SPPROF_FRAME_PUSHED ? sp + distance : cursor->fp;
            if (fp_at < sp || fp_at - sp > poll->frame_size ||
                !spprof_cursor_load_sigsafe(cursor, fp_at, &caller->fp)) {
                return false;
            }
            return_at = fp_at + SPPROF_WORD_BYTES;
        }
    }
    caller->sp = return_at + SPPROF_WORD_BYTES;
    if (*within && !spprof_x86_64_has_filled_room_sigsafe(cursor->pc, entry)) {
        caller->pc = poll->pc;
        return true;
    }
    return spprof_cursor_load_sigsafe(cursor, return_at, &caller->pc);
}

/*
 * The interpreter's entry code of a method pops the return address into a register
 * (`return_address`) and makes room for locals. Then it pushes, one by one: the return address, the
 * caller's fp (from then on, fp points to this slot), the caller's sp, and the other slots. Until
 * the slot of the caller's sp is written, a register (`sender_sp`) holds the caller's sp.
 */
int spprof_cpu_callers_of_entry_sigsafe(const struct spprof_cursor *cursor,
                                        struct spprof_caller *callers) {
    const struct spprof_registers *registers = cursor->registers;
    uint64_t sp = cursor->sp, fp = cursor->fp, above;
    struct spprof_caller caller;
    int count = 0;
    if (fp >= sp && (fp - sp) / SPPROF_WORD_BYTES < (uint64_t)-spprof_cpu_interpreter_slots.last &&
        spprof_cursor_load_sigsafe(cursor, fp, &caller.fp) &&
        spprof_cursor_load_sigsafe(cursor, fp + SPPROF_WORD_BYTES, &caller.pc)) {
        uint64_t slot =
            fp + (uint64_t)(int64_t)spprof_cpu_interpreter_slots.sender_sp * SPPROF_WORD_BYTES;
        bool has_caller_sp = fp - sp >= SPPROF_WORD_BYTES;
        caller.sp = registers->sender_sp;
        if (!has_caller_sp || spprof_cursor_load_sigsafe(cursor, slot, &caller.sp)) {
            callers[count++] = caller;
        }
    }
    /* The caller's fp is pushed, but fp does not point to it yet. */
    caller = (struct spprof_caller){.sp = registers->sender_sp, .fp = fp};
    if (spprof_cursor_load_sigsafe(cursor, sp, &above) && above == fp &&
        spprof_cursor_load_sigsafe(cursor, sp + SPPROF_WORD_BYTES, &caller.pc)) {
        callers[count++] = caller;
    }
    /* Before the first instructions of the entry code, the return address is at sp. The caller's sp
     * is the address of the word above it, unless the register already holds a possible value. */
    if (spprof_cursor_load_sigsafe(cursor, sp, &caller.pc)) {
        bool sane =
            caller.sp > sp && caller.sp <= cursor->high && caller.sp % SPPROF_WORD_BYTES == 0;
        caller.sp = sane ? caller.sp : sp + SPPROF_WORD_BYTES;
        callers[count++] = caller;
    }
    caller = (struct spprof_caller){
        .pc = registers->return_address, .sp = registers->sender_sp, .fp = fp};
    if (!(spprof_cursor_load_sigsafe(cursor, fp + SPPROF_WORD_BYTES, &above) &&
          above == caller.pc)) {
        callers[count++] = caller;
    }
    return count;
}
