/*
 * The constants of aarch64. cpu.h explains them and includes this header.
 *
 * DWARF's numbers are those of the ABI "DWARF for the Arm 64-bit architecture": 0 to 30 are x0 to
 * x30, 31 is sp. The instruction 0x2d, DW_CFA_AARCH64_negate_ra_state, changes whether the return
 * address counts as signed. The letter B in call frame information selects the key of the
 * signature.
 */
#ifndef SPPROF_AARCH64_H
#define SPPROF_AARCH64_H

#include <stdbool.h>
#include <stdint.h>

#define SPPROF_CPU_CALL_PUSHES 0
#define SPPROF_CPU_ANCHOR_PC_BELOW 8 /* frame_aarch64.cpp, make_walkable */
#define SPPROF_CPU_COOKIE_BYTES 0
#define SPPROF_CPU_MOST_BELOW_CALLEE (65536 * 8 + 256) /* max_stack of a method, and some words */
#define SPPROF_CPU_FLUSHES_BY_STUB false
#define SPPROF_CPU_MOST_OF_A_CALL 16
#define SPPROF_CPU_TRAMPOLINE_BYTES 16
#define SPPROF_CPU_MOST_OF_A_PROLOGUE 96
#define SPPROF_CPU_RED_ZONE 0
#define SPPROF_CPU_MOST_OF_CALL_STUB 192
#define SPPROF_CPU_MOST_WORDS_PUSHED 96
#define SPPROF_CPU_MOST_WORDS_PUSHED_IN_UPCALL 4

#define SPPROF_DWARF_REGISTERS 33
#define SPPROF_DWARF_KEPT \
    { 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30 }
#define SPPROF_DWARF_FP 29
#define SPPROF_DWARF_SP 31
#define SPPROF_DWARF_PC 32
#define SPPROF_DWARF_RETURN 30
#define SPPROF_DWARF_IGNORED_INSTRUCTION 0x2d
#define SPPROF_DWARF_IGNORED_LETTER 'B'

/* xpaclri, which works on x30. Processors without signatures execute it as a nop. */
static inline uint64_t spprof_cpu_strip_sigsafe(uint64_t pc) {
    uint64_t stripped;
    __asm__("mov x30, %1\n  hint #7\n  mov %0, x30" : "=r"(stripped) : "r"(pc) : "x30");
    return stripped;
}

/* The number of the register that holds the caller's sp in entry code and adapters: 13 up to JDK
 * 17, 19 later. spprof_cpu_learn writes it once. */
extern int spprof_aarch64_sender_sp;

/* For aarch64_frames.c. */
bool spprof_aarch64_pushes_record_sigsafe(uint32_t code);
bool spprof_aarch64_pops_record_sigsafe(uint32_t code);

/*
 * By how many bytes the instruction moves sp up. False if that is not known. Pushes and pops write
 * sp back: pairs and single registers of each size, and ld1 of up to four vector registers.
 */
bool spprof_aarch64_moves_sp_sigsafe(uint32_t code, uint64_t *bytes);

#endif
