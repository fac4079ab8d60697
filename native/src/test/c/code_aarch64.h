/*
 * The instructions of aarch64 that tests put into their fake code. Each processor's file
 * code_NAME.h defines the same names. The Makefile selects the file, by the name
 * SPPROF_PROCESSOR_CODE.
 */
#ifndef SPPROF_TEST_CODE_AARCH64_H
#define SPPROF_TEST_CODE_AARCH64_H

#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "walk/cpu/cpu.h"

static inline void code_write(uint64_t pc, uint32_t instruction) {
    memcpy((void *)(uintptr_t)pc, &instruction, sizeof instruction);
}

/* Fills memory with instructions that do nothing: nop. */
static inline void code_fill(uint8_t *code, size_t size) {
    for (size_t at = 0; at + 4 <= size; at += 4) {
        code_write((uintptr_t)code + at, 0xd503201f);
    }
}

/* Writes a call of `target` that returns to `pc`. */
static inline void code_call(uint64_t pc, uint64_t target) {
    uint32_t distance = (uint32_t)((target - (pc - 4)) >> 2);
    code_write(pc - 4, 0x94000000 | (distance & 0x03ffffff)); /* bl */
}

/* The same, with the target in a register: blr x0. */
static inline void code_call_register(uint64_t pc) {
    code_write(pc - 4, 0xd63f0000);
}

/* Writes code behind a call that pops words which were pushed before it: ldp x0,x1,[sp],#16.
 * Returns how many words these are. */
static inline uint64_t code_pops(uint64_t pc) {
    code_write(pc, 0xa8c107e0);
    return 2;
}

/* The beginnings of stubs with a frame: one points fp there, the other does not. stp x29,x30,
 * [sp,#-16]!; mov x29,sp; sub sp,sp,#48; the other without the second instruction. */
#define CODE_FRAME_WORDS 8
#define CODE_MAKES_FRAME_WITH_FP "\xfd\x7b\xbf\xa9\xfd\x03\x00\x91\xff\xc3\x00\xd1"
#define CODE_MAKES_FRAME "\xfd\x7b\xbf\xa9\xff\xc3\x00\xd1"

/* Loads sp from offset 0x38 of the JavaThread, then saves a register: ldr x8,[x28,#0x38]; mov
 * sp,x8; str x19,[sp,#-16]!. */
#define CODE_LOADS_SP "\x88\x1f\x40\xf9\x1f\x01\x00\x91\xf3\x0f\x1f\xf8"

/* The end of a stub that thaws: sub sp,x9,#16; mov x29,sp; mov sp,x29; ldp x29,x30,[sp],#16;
 * ret. One instruction moves sp to the record, so sp is never above a record that is still to be
 * popped. */
#define CODE_THAW_END \
    "\x3f\x41\x00\xd1\xfd\x03\x00\x91\xbf\x03\x00\x91\xfd\x7b\xc1\xa8\xc0\x03\x5f\xd6"
enum { CODE_THAW_HAS_SP = 0, CODE_THAW_AT_RECORD = 12, CODE_THAW_AT_RETURN = 16 };
static inline void code_thaw_to(struct spprof_registers *registers, uint64_t sp) {
    registers->thawed_sp = sp; /* x9 */
}

/* The end of doYield: ldr x8,[x28,#0x38]; mov sp,x8; ldr x9,[sp,#8]; str x9,[x28,#0x38]; add
 * x29,sp,#0x40; mov sp,x29; ldp x29,x30,[sp],#16; ret. */
#define CODE_YIELD_END                                                 \
    "\x88\x1f\x40\xf9\x1f\x01\x00\x91\xe9\x07\x40\xf9\x89\x1f\x00\xf9" \
    "\xfd\x03\x01\x91\xbf\x03\x00\x91\xfd\x7b\xc1\xa8\xc0\x03\x5f\xd6"
enum {
    CODE_YIELD_AT_BORDER = 8,
    CODE_YIELD_LEAVES_BORDER = 16,
    CODE_YIELD_AT_RECORD = 24,
    CODE_YIELD_AT_RETURN = 28
};

/* Makes the code at `pc` an adapter that patches the call which led to it. The return address is at
 * `return_at`. Returns fp there. */
static inline uint64_t code_patch(uint64_t pc, uint64_t *return_at, uint64_t fp_of_caller,
                                  struct spprof_registers *registers) {
    (void)registers;
    code_write(pc - 8, 0xa9bf7bfd); /* stp x29,x30,[sp,#-16]! */
    code_write(pc - 4, 0x910003fd); /* mov x29,sp */
    return_at[-1] = fp_of_caller;
    return (uintptr_t)(return_at - 1);
}

/* Fills in the context of a thread that was interrupted in native code. */
static inline void code_interrupt(ucontext_t *context, uint64_t pc, uint64_t sp, uint64_t fp,
                                  uint64_t link_register) {
    context->uc_mcontext.pc = pc;
    context->uc_mcontext.sp = sp;
    context->uc_mcontext.regs[29] = fp;
    context->uc_mcontext.regs[30] = link_register;
}

/* A function's body for the assembler: takes a while, calls nothing, and leaves the stack as it
 * is. */
#define CODE_OF_ASSEMBLY "mov w0, #400\n1: subs w0, w0, #1\nb.ne 1b\nret\n"

/* A function's body for the assembler: keeps a frame pointer, and calls its first argument with its
 * second one. There are loops before and after each step. */
#define CODE_OF_FRAMED                                                         \
    "mov w10, #40\n1: subs w10, w10, #1\nb.ne 1b\nstp x29, x30, [sp, #-16]!\n" \
    "mov w10, #40\n1: subs w10, w10, #1\nb.ne 1b\nmov x29, sp\n"               \
    "mov x9, x0\nmov x0, x1\nblr x9\n"                                         \
    "mov w10, #40\n1: subs w10, w10, #1\nb.ne 1b\nldp x29, x30, [sp], #16\nret\n"

/* A function's body for the assembler: hides its return address and its caller's frame pointer for
 * a while. */
#define CODE_OF_LOST                                                        \
    "mov x9, x30\nmov x11, x29\nmov x30, #0\nmov x29, #1\nmov w10, #4000\n" \
    "1: subs w10, w10, #1\nb.ne 1b\nmov x30, x9\nmov x29, x11\nret\n"

#endif
