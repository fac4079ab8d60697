/*
 * x86-64 on macOS: reads the registers of a signal's context, and implements guarded loads. If a
 * guarded load raises SIGSEGV or SIGBUS, the handler of these signals (guard.c) recognizes the load
 * by its pc, and lets the thread go on at spprof_guarded_fault, from which the function returns
 * false. cpu.h declares the functions.
 */
#include <signal.h>

#include "walk/cpu/cpu.h"
#include "walk/cpu/darwin_assembly.h"

#include "walk/cpu/x86_64_loads.h" /* uses the macros of the header above */

void spprof_cpu_registers_sigsafe(const void *ucontext, struct spprof_registers *registers) {
    const _STRUCT_X86_THREAD_STATE64 *g = &((const ucontext_t *)ucontext)->uc_mcontext->__ss;
    *registers = (struct spprof_registers){.pc = g->__rip,
                                           .sp = g->__rsp,
                                           .fp = g->__rbp,
                                           .method = g->__rbx,
                                           .bcp = g->__r13,
                                           .sender_sp = g->__r13,
                                           .return_address = g->__rax,
                                           .throw_pc = g->__rdx,
                                           .thawed_sp = g->__rbx,
                                           .first_argument = g->__rdi};
}

bool spprof_cpu_skip_guarded_load_sigsafe(void *ucontext) {
    _STRUCT_X86_THREAD_STATE64 *g = &((ucontext_t *)ucontext)->uc_mcontext->__ss;
    uint64_t pc = g->__rip;
    bool guarded = spprof_leave_guarded_load_sigsafe(&pc);
    g->__rip = pc;
    return guarded;
}
