/*
 * Unwinds native frames by their frame records, on systems whose ABI demands a record of every
 * function that calls others (macOS; compilers keep them on both processors). The call frame
 * information of such systems describes no prologues and epilogues, so it could not say more.
 *
 * The record at fp is that of the interrupted function or, while this function has none, of a
 * caller. If the caller is native, a walk from its record misses only the interrupted function's
 * own caller, and comes to the same Java code. If the caller is the Java code, fp is the Java
 * code's own, and the record there would lead past it. Therefore:
 *
 *  - The instructions and registers of the interrupted function are looked at first: they show
 *    whether it returns to Java code without a record (cpu.h).
 *  - The return address that is found must be one to which native code can return. The
 *    instruction before it calls native code. Before the return address in a Java frame's own
 * record is a call to Java code, or no call.
 *  - Every record is above the last one, and its return address is in a library.
 *
 * At the last record the stack ends. In all other cases it is broken; nothing is guessed.
 */
#include "walk/cpu/cursor.h"
#include "walk/guard.h"
#include "walk/libraries.h"
#include "walk/native_frames.h"

#define MOST_FRAMES 256
#define RECORD_BYTES (2 * SPPROF_WORD_BYTES)

/* Of the registers that a function restores for its caller, only the byte code pointer is of use;
 * it has its value here unless a native frame has saved it and uses the register. The walker
 * notices that it is outside of the method's byte code. */
static enum spprof_native_result found_sigsafe(struct spprof_registers *found,
                                               const struct spprof_registers *interrupted,
                                               const struct spprof_caller *caller) {
    *found = (struct spprof_registers){
        .pc = caller->pc, .sp = caller->sp, .fp = caller->fp, .bcp = interrupted->bcp};
    return SPPROF_NATIVE_FOUND;
}

enum spprof_native_result spprof_native_frames_unwind_sigsafe(
    struct spprof_registers *found, const void *ucontext, uint64_t stack_end,
    const struct spprof_native_wanted *wanted) {
    struct spprof_registers interrupted;
    struct spprof_caller caller;
    spprof_cpu_registers_sigsafe(ucontext, &interrupted);
    found->pc = interrupted.pc;
    if (spprof_cpu_caller_without_record_sigsafe(&interrupted, stack_end, &caller) &&
        wanted->is_wanted_sigsafe(caller.pc)) {
        return wanted->calls_native_sigsafe(caller.pc) ? found_sigsafe(found, &interrupted, &caller)
                                                       : SPPROF_NATIVE_BROKEN;
    }
    uint64_t record = interrupted.fp, least = interrupted.sp;
    for (int i = 0; i < MOST_FRAMES; i++) {
        struct spprof_library library;
        if (record < least || record % SPPROF_WORD_BYTES != 0 || record >= stack_end ||
            stack_end - record < RECORD_BYTES || !spprof_load64_sigsafe(record, &caller.fp) ||
            !spprof_load64_sigsafe(record + SPPROF_WORD_BYTES, &caller.pc)) {
            return SPPROF_NATIVE_BROKEN;
        }
        caller.pc = spprof_cpu_strip_sigsafe(caller.pc);
        caller.sp = record + RECORD_BYTES;
        if (wanted->is_wanted_sigsafe(caller.pc)) {
            return wanted->calls_native_sigsafe(caller.pc)
                       ? found_sigsafe(found, &interrupted, &caller)
                       : SPPROF_NATIVE_BROKEN;
        }
        if (caller.pc == 0 || caller.fp == 0) {
            return SPPROF_NATIVE_END; /* the record that the system made for the thread */
        }
        if (!spprof_libraries_at_sigsafe(caller.pc - 1, &library)) {
            return SPPROF_NATIVE_BROKEN;
        }
        found->pc = caller.pc;
        record = caller.fp;
        least = caller.sp;
    }
    return SPPROF_NATIVE_BROKEN;
}
