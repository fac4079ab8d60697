/*
 * aarch64 on Linux: reads the registers of a signal's context, and implements guarded loads. If a
 * guarded load raises SIGSEGV or SIGBUS, the handler of these signals (guard.c) recognizes the load
 * by its pc, and lets the thread go on at spprof_guarded_fault, from which the function returns
 * false. cpu.h declares the functions.
 */
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

#include "walk/cpu/cpu.h"
#include "walk/cpu/linux_assembly.h"

#include "walk/cpu/aarch64_loads.h" /* uses the macros of the header above */

void spprof_cpu_registers_sigsafe(const void *ucontext, struct spprof_registers *registers) {
    const mcontext_t *context = &((const ucontext_t *)ucontext)->uc_mcontext;
    *registers =
        (struct spprof_registers){.pc = context->pc,
                                  .sp = context->sp,
                                  .fp = context->regs[29],
                                  .method = context->regs[12],
                                  .bcp = context->regs[22],
                                  .sender_sp = context->regs[spprof_aarch64_sender_sp],
                                  .return_address = spprof_cpu_strip_sigsafe(context->regs[30]),
                                  .throw_pc = spprof_cpu_strip_sigsafe(context->regs[3]),
                                  .kept_pc = spprof_cpu_strip_sigsafe(context->regs[19]),
                                  .expression_sp = context->regs[20],
                                  .thawed_sp = context->regs[9],
                                  .first_argument = context->regs[0]};
}

void spprof_cpu_dwarf_registers_sigsafe(const void *ucontext, uint64_t *registers) {
    const mcontext_t *context = &((const ucontext_t *)ucontext)->uc_mcontext;
    for (int i = 0; i <= SPPROF_DWARF_RETURN; i++) {
        registers[i] = context->regs[i];
    }
    registers[SPPROF_DWARF_SP] = context->sp;
    registers[SPPROF_DWARF_PC] = context->pc;
}

/*
 * The kernel's code has no call frame information since Linux 5.8 (arch/arm64/kernel/vdso/
 * sigreturn.S), so unwinders recognize it by its two instructions. At sp is the frame that the
 * kernel made for the signal: a siginfo_t and a ucontext_t (struct rt_sigframe in signal.c).
 */
uint64_t spprof_cpu_saved_registers_sigsafe(uint64_t code, uint64_t sp) {
    _Static_assert(offsetof(mcontext_t, sp) == offsetof(mcontext_t, regs) + SPPROF_DWARF_SP * 8 &&
                       offsetof(mcontext_t, pc) == offsetof(mcontext_t, regs) + SPPROF_DWARF_PC * 8,
                   "the registers are in DWARF's order");
    const uint64_t sigreturn = UINT64_C(0xd4000001d2801168); /* mov x8, #139; svc #0 */
    return code == sigreturn ? sp + sizeof(siginfo_t) + offsetof(ucontext_t, uc_mcontext) +
                                   offsetof(mcontext_t, regs)
                             : 0;
}

bool spprof_cpu_skip_guarded_load_sigsafe(void *ucontext) {
    mcontext_t *context = &((ucontext_t *)ucontext)->uc_mcontext;
    uint64_t pc = context->pc;
    bool guarded = spprof_leave_guarded_load_sigsafe(&pc);
    context->pc = pc;
    return guarded;
}
