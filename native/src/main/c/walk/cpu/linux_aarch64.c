/*
 * aarch64 on Linux: reads the registers of a signal's context, and implements guarded loads. A
 * guarded load returns false if its address is not mapped: the handler of SIGSEGV (guard.c)
 * recognizes the load by its pc and continues behind it. cpu.h declares the functions.
 */
#include <ucontext.h>

#include "walk/cpu/cpu.h"

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

/* Each of these functions has one instruction that may fault, and does not change the stack or the
 * link register before it. `hint #34` is bti c, which marks the target of a call by register. */
__asm__(
    ".pushsection .text\n"
    ".balign 4\n"
    "spprof_guarded_begin:\n"
    "spprof_cpu_guarded_load64_sigsafe:\n"
    "  hint #34\n"
    "  ldr x0, [x0]\n"
    "  str x0, [x1]\n"
    "  mov w0, #1\n"
    "  ret\n"
    "spprof_cpu_guarded_load32_sigsafe:\n"
    "  hint #34\n"
    "  ldr w0, [x0]\n"
    "  str w0, [x1]\n"
    "  mov w0, #1\n"
    "  ret\n"
    "spprof_cpu_guarded_load16_sigsafe:\n"
    "  hint #34\n"
    "  ldrh w0, [x0]\n"
    "  strh w0, [x1]\n"
    "  mov w0, #1\n"
    "  ret\n"
    "spprof_cpu_guarded_load8_sigsafe:\n"
    "  hint #34\n"
    "  ldrb w0, [x0]\n"
    "  strb w0, [x1]\n"
    "  mov w0, #1\n"
    "  ret\n"
    "spprof_guarded_end:\n"
    "spprof_guarded_fault:\n"
    "  mov w0, #0\n"
    "  ret\n"
    ".hidden spprof_cpu_guarded_load64_sigsafe, spprof_cpu_guarded_load32_sigsafe\n"
    ".hidden spprof_cpu_guarded_load16_sigsafe, spprof_cpu_guarded_load8_sigsafe\n"
    ".globl spprof_cpu_guarded_load64_sigsafe, spprof_cpu_guarded_load32_sigsafe\n"
    ".globl spprof_cpu_guarded_load16_sigsafe, spprof_cpu_guarded_load8_sigsafe\n"
    ".hidden spprof_guarded_begin, spprof_guarded_end, spprof_guarded_fault\n"
    ".popsection\n");
/* Hidden, so that their addresses are not loaded from the global offset table: the linker would
 * give all local symbols of a section one entry there. */
#define HIDDEN __attribute__((visibility("hidden")))
HIDDEN extern const char spprof_guarded_begin[], spprof_guarded_end[], spprof_guarded_fault[];

bool spprof_cpu_skip_guarded_load_sigsafe(void *ucontext) {
    mcontext_t *context = &((ucontext_t *)ucontext)->uc_mcontext;
    uint64_t pc = context->pc;
    if (pc < (uintptr_t)spprof_guarded_begin || pc >= (uintptr_t)spprof_guarded_end) {
        return false;
    }
    context->pc = (uintptr_t)spprof_guarded_fault;
    return true;
}
