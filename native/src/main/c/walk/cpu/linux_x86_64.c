/*
 * x86-64 on Linux: reads the registers of a signal's context, and implements guarded loads. If a
 * guarded load raises SIGSEGV or SIGBUS, the handler of these signals (guard.c) recognizes the load
 * by its pc, and lets the thread go on at spprof_guarded_fault, from which the function returns
 * false. cpu.h declares the functions.
 */
#include <ucontext.h>

#include "walk/cpu/cpu.h"
#include "walk/cpu/linux_assembly.h"

#include "walk/cpu/x86_64_loads.h" /* uses the macros of the header above */

void spprof_cpu_registers_sigsafe(const void *ucontext, struct spprof_registers *registers) {
    const greg_t *g = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;
    *registers = (struct spprof_registers){.pc = (uint64_t)g[REG_RIP],
                                           .sp = (uint64_t)g[REG_RSP],
                                           .fp = (uint64_t)g[REG_RBP],
                                           .method = (uint64_t)g[REG_RBX],
                                           .bcp = (uint64_t)g[REG_R13],
                                           .sender_sp = (uint64_t)g[REG_R13],
                                           .return_address = (uint64_t)g[REG_RAX],
                                           .throw_pc = (uint64_t)g[REG_RDX],
                                           .thawed_sp = (uint64_t)g[REG_RBX],
                                           .first_argument = (uint64_t)g[REG_RDI]};
}

void spprof_cpu_dwarf_registers_sigsafe(const void *ucontext, uint64_t *registers) {
    static const int by_number[SPPROF_DWARF_REGISTERS] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
        REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    const greg_t *g = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;
    for (int i = 0; i < SPPROF_DWARF_REGISTERS; i++) {
        registers[i] = (uint64_t)g[by_number[i]];
    }
}

/* The C libraries' code has call frame information. */
uint64_t spprof_cpu_saved_registers_sigsafe(uint64_t code, uint64_t sp) {
    (void)code, (void)sp;
    return 0;
}

bool spprof_cpu_skip_guarded_load_sigsafe(void *ucontext) {
    greg_t *g = ((ucontext_t *)ucontext)->uc_mcontext.gregs;
    uint64_t pc = (uint64_t)g[REG_RIP];
    bool guarded = spprof_leave_guarded_load_sigsafe(&pc);
    g[REG_RIP] = (greg_t)pc;
    return guarded;
}
