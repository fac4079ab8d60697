/*
 * Finds the caller of a native function on aarch64, for code without call frame information
 * (native_frames.h), at the instructions at the beginning and at the end of the function where it
 * has no frame record (the caller's x29 and the return address, to which x29 points). The return
 * address is then in the link register, or, at the end, will be when the function returns. The same
 * holds for a function that calls no others and so never has a record.
 *
 * The instructions, as compilers for macOS order them (the record is at the highest addresses of a
 * frame):
 *
 *   at the beginning     [pacibsp;] sub sp,sp,#N; stp xA,xB,[sp,#M]; …; stp x29,x30,[sp,#N-16];
 *                        add x29,sp,#N-16. The first stp can lower sp itself, instead of the sub
 *   at the end           ldp x29,x30,[sp,#N-16]; …; ldp xA,xB,[sp,#M]; add sp,sp,#N; ret, or retab
 *
 * cpu.h declares the function.
 */
#include "walk/cpu/cursor.h"

/* Returns 0, which is no instruction, where nothing is mapped: there, functions of a library
 * end. */
static uint32_t code_at_sigsafe(uint64_t pc) {
    uint32_t code;
    return spprof_cpu_guarded_load32_sigsafe(pc, &code) ? code : 0;
}

static bool is_return_sigsafe(uint32_t code) {
    return code == 0xd65f03c0 || code == 0xd65f0bff || code == 0xd65f0fff; /* ret, retaa, retab */
}

/* All branches, calls and exceptions; not the hints, for instance autibsp. */
static bool is_branch_sigsafe(uint32_t code) {
    return (code & 0x1c000000) == 0x14000000 && (code & 0xfffff01f) != 0xd503201f;
}

/* Stores of pairs of registers relative to sp, and sub sp,sp,#N. */
static bool is_of_prologue_sigsafe(uint32_t code) {
    bool stores_pair = (code & 0x3a400000) == 0x28000000 && (code >> 5 & 31) == 31;
    return stores_pair || (code & 0xff0003ff) == 0xd10003ff;
}

#define MOST_TO_RETURN 32 /* instructions */
#define MOST_OF_PROLOGUE 16

/*
 * Returns by how many bytes the interrupted function, which has no record now, has moved sp down.
 * Straight code up to its return shows by how much sp is moved up again. At the beginning of a
 * function that calls others, the instructions before pc show the distance. In all other code it is
 * taken for 0; the walker looks for the caller's return address in the words above, too.
 */
static uint64_t moved_sigsafe(uint64_t pc) {
    uint64_t moved = 0, bytes;
    for (uint64_t at = pc; at < pc + 4 * MOST_TO_RETURN; at += 4) {
        uint32_t code = code_at_sigsafe(at);
        if (is_return_sigsafe(code)) {
            return moved;
        }
        if (is_branch_sigsafe(code) || !spprof_aarch64_moves_sp_sigsafe(code, &bytes)) {
            break;
        }
        moved += bytes;
    }
    moved = 0;
    for (uint64_t at = pc - 4; at >= pc - 4 * MOST_OF_PROLOGUE; at -= 4) {
        uint32_t code = code_at_sigsafe(at);
        if (!is_of_prologue_sigsafe(code) || !spprof_aarch64_moves_sp_sigsafe(code, &bytes)) {
            break;
        }
        moved -= bytes;
    }
    return moved;
}

bool spprof_cpu_caller_without_record_sigsafe(const struct spprof_registers *registers,
                                              uint64_t stack_end, struct spprof_caller *caller) {
    uint64_t pc = registers->return_address, fp = registers->fp;
    /* Once the function has its record, the record has the same return address, until the first
     * call changes the register. No frame of Java code has it: the address follows a call of native
     * code. */
    if (fp >= registers->sp && fp < stack_end && stack_end - fp >= 2 * SPPROF_WORD_BYTES &&
        fp % SPPROF_WORD_BYTES == 0 &&
        spprof_cpu_strip_sigsafe(*(const uint64_t *)(uintptr_t)(fp + SPPROF_WORD_BYTES)) == pc) {
        return false;
    }
    *caller = (struct spprof_caller){
        .pc = pc, .sp = registers->sp + moved_sigsafe(registers->pc), .fp = fp};
    return true;
}
