#include "walk/native_frames.h"

#include "walk/call_frame.h"
#include "walk/guard.h"
#include "walk/libraries.h"

#define MOST_FRAMES 256

/* Returns the entry in .eh_frame of the last function that begins at or before `pc` in the library
 * that contains `pc`, or 0. The function need not contain `pc`. */
static uint64_t entry_of_sigsafe(uint64_t pc) {
    struct spprof_library library;
    if (!spprof_libraries_at_sigsafe(pc, &library)) {
        return 0;
    }
    int64_t wanted = (int64_t)(pc - library.table_base);
    uint32_t low = 0, high = library.table_entries;
    while (low < high) { /* finds the last function that begins at or before `pc` */
        uint32_t middle = low + (high - low) / 2, begin;
        if (!spprof_load32_sigsafe(library.table + middle * UINT64_C(8), &begin)) {
            return 0;
        }
        if ((int32_t)begin <= wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t at;
    return low > 0 && spprof_load32_sigsafe(library.table + (low - 1) * UINT64_C(8) + 4, &at)
               ? library.table_base + (uint64_t)(int64_t)(int32_t)at
               : 0;
}

/*
 * Unwinds one frame of code that has no entry in .eh_frame. Two kinds of code have none. The first
 * is handwritten assembly in libjvm: its memory copying, which a garbage collector's barrier calls
 * in a Java thread (copy_*.S in os_cpu), and its SpinPause. The second is the stubs that the JVM
 * itself calls, for instance after it has patched code (walk_stack.c). Both kinds call nothing and
 * leave the stack unchanged, so the return address is where the call put it. The return address
 * must be in code that has an entry, or in code that `is_wanted_sigsafe` accepts.
 */
static bool step_from_assembly_sigsafe(uint64_t entry, uint64_t *registers,
                                       bool (*is_wanted_sigsafe)(uint64_t pc)) {
    uint64_t sp = registers[SPPROF_DWARF_SP];
    uint64_t pc = registers[SPPROF_DWARF_RETURN];
    if (spprof_call_frame_is_of_sigsafe(entry, registers[SPPROF_DWARF_PC]) ||
        (SPPROF_CPU_CALL_PUSHES != 0 && !spprof_load64_sigsafe(sp, &pc))) {
        return false;
    }
    pc = spprof_cpu_strip_sigsafe(pc);
    if (!is_wanted_sigsafe(pc) &&
        !spprof_call_frame_is_of_sigsafe(entry_of_sigsafe(pc - 1), pc - 1)) {
        return false;
    }
    registers[SPPROF_DWARF_PC] = pc;
    registers[SPPROF_DWARF_SP] = sp + SPPROF_CPU_CALL_PUSHES;
    return true;
}

enum spprof_native_result spprof_native_frames_unwind_sigsafe(
    struct spprof_registers *found, const void *ucontext, uint64_t stack_end,
    const struct spprof_native_wanted *wanted) {
    uint64_t registers[SPPROF_DWARF_REGISTERS];
    spprof_cpu_dwarf_registers_sigsafe(ucontext, registers);
    for (int i = 0; i < MOST_FRAMES; i++) {
        uint64_t pc = registers[SPPROF_DWARF_PC], sp = registers[SPPROF_DWARF_SP];
        bool interrupted = i == 0;
        /* An interrupted function without a frame can have the sp of its caller; no other function
         * can. */
        uint64_t least = sp + (interrupted ? SPPROF_CPU_CALL_PUSHES : sizeof sp);
        uint64_t entry = entry_of_sigsafe(pc - (interrupted ? 0 : 1));
        bool stepped = spprof_call_frame_step_sigsafe(entry, registers, interrupted) ||
                       (interrupted &&
                        step_from_assembly_sigsafe(entry, registers, wanted->is_wanted_sigsafe));
        if (!stepped || registers[SPPROF_DWARF_SP] < least ||
            registers[SPPROF_DWARF_SP] > stack_end) {
            found->pc = pc;
            return SPPROF_NATIVE_BROKEN;
        }
        if (registers[SPPROF_DWARF_PC] == 0) {
            return SPPROF_NATIVE_END;
        }
        if (wanted->is_wanted_sigsafe(registers[SPPROF_DWARF_PC])) {
            spprof_cpu_registers_of_dwarf_sigsafe(registers, found);
            return SPPROF_NATIVE_FOUND;
        }
    }
    found->pc = registers[SPPROF_DWARF_PC];
    return SPPROF_NATIVE_BROKEN;
}
