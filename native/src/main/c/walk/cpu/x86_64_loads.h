/*
 * The guarded loads (cpu.h) in assembly of x86-64: loads that report a failure, instead of crashing
 * the process, if the memory cannot be read. They are the same on Linux and macOS. linux_x86_64.c
 * and darwin_x86_64.c include this header after linux_assembly.h or darwin_assembly.h, which says
 * how assembly defines a label on that system.
 */
#ifndef SPPROF_X86_64_LOADS_H
#define SPPROF_X86_64_LOADS_H

#include <stdbool.h>
#include <stdint.h>

/* Each of these functions has one instruction that may fault, and does not change the stack before
 * it. */
__asm__(SPPROF_ASSEMBLY_BEGIN("spprof_guarded_begin")               //
        SPPROF_ASSEMBLY_ENTRY("spprof_cpu_guarded_load64_sigsafe")  //
        "  movq (%rdi), %rax\n"
        "  movq %rax, (%rsi)\n"
        "  movl $1, %eax\n"
        "  ret\n"                                                   //
        SPPROF_ASSEMBLY_ENTRY("spprof_cpu_guarded_load32_sigsafe")  //
        "  movl (%rdi), %eax\n"
        "  movl %eax, (%rsi)\n"
        "  movl $1, %eax\n"
        "  ret\n"                                                   //
        SPPROF_ASSEMBLY_ENTRY("spprof_cpu_guarded_load16_sigsafe")  //
        "  movzwl (%rdi), %eax\n"
        "  movw %ax, (%rsi)\n"
        "  movl $1, %eax\n"
        "  ret\n"                                                  //
        SPPROF_ASSEMBLY_ENTRY("spprof_cpu_guarded_load8_sigsafe")  //
        "  movzbl (%rdi), %eax\n"
        "  movb %al, (%rsi)\n"
        "  movl $1, %eax\n"
        "  ret\n"                                      //
        SPPROF_ASSEMBLY_ENTRY("spprof_guarded_fault")  //
        "  xorl %eax, %eax\n"
        "  ret\n" SPPROF_ASSEMBLY_END);
/* Hidden, so that their addresses are not loaded from the global offset table. */
#define SPPROF_HIDDEN __attribute__((visibility("hidden")))
SPPROF_HIDDEN extern const char spprof_guarded_begin[], spprof_guarded_fault[];

/* If `*pc` is in one of the loads, sets it to the code that returns false. */
static inline bool spprof_leave_guarded_load_sigsafe(uint64_t *pc) {
    if (*pc < (uintptr_t)spprof_guarded_begin || *pc >= (uintptr_t)spprof_guarded_fault) {
        return false;
    }
    *pc = (uintptr_t)spprof_guarded_fault;
    return true;
}

#endif
