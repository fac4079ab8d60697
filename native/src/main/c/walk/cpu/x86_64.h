/*
 * The constants of x86-64. cpu.h explains them and includes this header.
 *
 * DWARF's numbers are those of the System V ABI, figure 3.36: 3 is %rbx, 12 to 15 are %r12 to %r15.
 */
#ifndef SPPROF_X86_64_H
#define SPPROF_X86_64_H

#include <stdbool.h>
#include <stdint.h>

#define SPPROF_CPU_CALL_PUSHES 8
#define SPPROF_CPU_ANCHOR_PC_BELOW 8 /* frame_x86.inline.hpp */
#define SPPROF_CPU_COOKIE_BYTES 8
#define SPPROF_CPU_MOST_BELOW_CALLEE 0
#define SPPROF_CPU_FLUSHES_BY_STUB true
#define SPPROF_CPU_MOST_OF_A_CALL 16
#define SPPROF_CPU_TRAMPOLINE_BYTES 0
#define SPPROF_CPU_MOST_OF_A_PROLOGUE 64
#define SPPROF_CPU_RED_ZONE 128
#define SPPROF_CPU_MOST_OF_CALL_STUB 192
#define SPPROF_CPU_MOST_WORDS_PUSHED 24
#define SPPROF_CPU_MOST_WORDS_PUSHED_IN_UPCALL 3

#define SPPROF_DWARF_REGISTERS 17
#define SPPROF_DWARF_KEPT \
    { 3, 6, 12, 13, 14, 15, 16 }
#define SPPROF_DWARF_FP 6
#define SPPROF_DWARF_SP 7
#define SPPROF_DWARF_PC 16
#define SPPROF_DWARF_RETURN 16
#define SPPROF_DWARF_IGNORED_INSTRUCTION 0 /* nop: x86-64 has no instruction of its own */
#define SPPROF_DWARF_IGNORED_LETTER '\0'

static inline uint64_t spprof_cpu_strip_sigsafe(uint64_t pc) {
    return pc;
}

/* For x86_64_frames.c: whether the SafepointBlob that begins at `entry` is the one for polls within
 * a method. */
bool spprof_x86_64_makes_room_sigsafe(uint64_t entry);
/* Returns whether that blob has written the return address by `pc`. */
bool spprof_x86_64_has_filled_room_sigsafe(uint64_t pc, uint64_t entry);

#endif
