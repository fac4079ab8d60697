/*
 * The instructions of x86-64 that tests put into their fake code. Each processor's file code_NAME.h
 * defines the same names. The Makefile selects the file, by the name SPPROF_PROCESSOR_CODE.
 */
#ifndef SPPROF_TEST_CODE_X86_64_H
#define SPPROF_TEST_CODE_X86_64_H

#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "walk/cpu/cpu.h"

/* Fills memory with instructions that do nothing. */
static inline void code_fill(uint8_t *code, size_t size) {
    memset(code, 0x90, size);
}

/* Writes a call of `target` that returns to `pc`. */
static inline void code_call(uint64_t pc, uint64_t target) {
    int32_t distance = (int32_t)(target - pc);
    uint8_t *end = (uint8_t *)(uintptr_t)pc;
    end[-5] = 0xe8;
    memcpy(end - 4, &distance, sizeof distance);
}

/* The same, with the target in a register: call *%rax. */
static inline void code_call_register(uint64_t pc) {
    memcpy((uint8_t *)(uintptr_t)pc - 2, "\xff\xd0", 2);
}

/* On other processors, code behind a call shows how many words were pushed before it. */
static inline uint64_t code_pops(uint64_t pc) {
    (void)pc;
    return 0;
}

/* The beginnings of stubs with a frame: one points fp there, the other does not. */
#define CODE_FRAME_WORDS 8
#define CODE_MAKES_FRAME_WITH_FP "\x55\x48\x8b\xec\x48\x83\xec\x30"
#define CODE_MAKES_FRAME "\x55\x48\x83\xec\x30"

/* Loads sp from offset 0x38 of the JavaThread, then saves a register. */
#define CODE_LOADS_SP "\x49\x8b\xa7\x38\x00\x00\x00\x50"

/* The end of a stub that thaws: mov %rbx,%rsp; sub $0x10,%rsp; pop %rbp; ret. */
#define CODE_THAW_END "\x48\x8b\xe3\x48\x83\xec\x10\x5d\xc3"
enum { CODE_THAW_HAS_SP = 3, CODE_THAW_AT_RECORD = 7, CODE_THAW_AT_RETURN = 8 };
static inline void code_thaw_to(struct spprof_registers *registers, uint64_t sp) {
    registers->thawed_sp = sp; /* %rbx */
}

/* The end of doYield: mov 0x38(%r15),%rsp; mov 8(%rsp),%rbx; mov %rbx,0x38(%r15); add $0x40,%rsp;
 * pop %rbp; ret. */
#define CODE_YIELD_END                                                             \
    "\x49\x8b\xa7\x38\x00\x00\x00\x48\x8b\x5c\x24\x08\x49\x89\x9f\x38\x00\x00\x00" \
    "\x48\x83\xc4\x40\x5d\xc3"
enum {
    CODE_YIELD_AT_BORDER = 7,
    CODE_YIELD_LEAVES_BORDER = 19,
    CODE_YIELD_AT_RECORD = 23,
    CODE_YIELD_AT_RETURN = 24
};

/* Makes the code at `pc` an adapter that patches the call which led to it. The return address is at
 * `return_at`. Returns fp there. */
static inline uint64_t code_patch(uint64_t pc, uint64_t *return_at, uint64_t fp_of_caller,
                                  struct spprof_registers *registers) {
    (void)pc;
    registers->sender_sp = (uintptr_t)return_at;
    return fp_of_caller;
}

/* Fills in the context of a thread that was interrupted in native code. */
static inline void code_interrupt(ucontext_t *context, uint64_t pc, uint64_t sp, uint64_t fp,
                                  uint64_t link_register) {
    greg_t *g = context->uc_mcontext.gregs;
    (void)link_register;
    g[REG_RIP] = (greg_t)pc;
    g[REG_RSP] = (greg_t)sp;
    g[REG_RBP] = (greg_t)fp;
}

/* A function's body for the assembler: takes a while, calls nothing, and leaves the stack as it
 * is. */
#define CODE_OF_ASSEMBLY "mov $400, %eax\n1: dec %eax\njnz 1b\nret\n"

/* A function's body for the assembler: keeps a frame pointer, and calls its first argument with its
 * second one. There are loops before and after each step. */
#define CODE_OF_FRAMED                                     \
    "mov $40, %ecx\n1: dec %ecx\njnz 1b\npush %rbp\n"      \
    "mov $40, %ecx\n1: dec %ecx\njnz 1b\nmov %rsp, %rbp\n" \
    "mov %rdi, %rax\nmov %rsi, %rdi\ncall *%rax\n"         \
    "mov $40, %ecx\n1: dec %ecx\njnz 1b\npop %rbp\nret\n"

/* A function's body for the assembler: hides its return address and its caller's frame pointer for
 * a while. */
#define CODE_OF_LOST                                                                         \
    "push %rbp\npush $0\nmov $1, %ebp\nmov $4000, %ecx\n1: dec %ecx\njnz 1b\npop %rax\npop " \
    "%rbp\nret\n"

#endif
