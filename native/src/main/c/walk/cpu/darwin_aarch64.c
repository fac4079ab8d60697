/*
 * aarch64 on macOS: reads the registers of a signal's context, and implements guarded loads. If a
 * guarded load raises SIGSEGV or SIGBUS, the handler of these signals (guard.c) recognizes the load
 * by its pc, and lets the thread go on at spprof_guarded_fault, from which the function returns
 * false. cpu.h declares the functions.
 *
 * The registers are read with the accessors of mach/arm/_structs.h, because these work, too, if the
 * kernel has signed the pointers in the thread's state (pointer authentication).
 */
#include <signal.h>

#include "walk/cpu/cpu.h"
#include "walk/cpu/darwin_assembly.h"

#include "walk/cpu/aarch64_loads.h" /* uses the macros of the header above */

void spprof_cpu_registers_sigsafe(const void *ucontext, struct spprof_registers *registers) {
    const _STRUCT_ARM_THREAD_STATE64 *state = &((const ucontext_t *)ucontext)->uc_mcontext->__ss;
    *registers = (struct spprof_registers){
        .pc = spprof_cpu_strip_sigsafe(__darwin_arm_thread_state64_get_pc(*state)),
        .sp = __darwin_arm_thread_state64_get_sp(*state),
        .fp = __darwin_arm_thread_state64_get_fp(*state),
        .method = state->__x[12],
        .bcp = state->__x[22],
        .sender_sp = state->__x[spprof_aarch64_sender_sp],
        .return_address = spprof_cpu_strip_sigsafe(__darwin_arm_thread_state64_get_lr(*state)),
        .throw_pc = spprof_cpu_strip_sigsafe(state->__x[3]),
        .kept_pc = spprof_cpu_strip_sigsafe(state->__x[19]),
        .expression_sp = state->__x[20],
        .thawed_sp = state->__x[9],
        .first_argument = state->__x[0]};
}

bool spprof_cpu_skip_guarded_load_sigsafe(void *ucontext) {
    _STRUCT_ARM_THREAD_STATE64 *state = &((ucontext_t *)ucontext)->uc_mcontext->__ss;
    uint64_t pc = spprof_cpu_strip_sigsafe(__darwin_arm_thread_state64_get_pc(*state));
    if (!spprof_leave_guarded_load_sigsafe(&pc)) {
        return false;
    }
    __darwin_arm_thread_state64_set_pc_fptr(*state, (void *)(uintptr_t)pc);
    return true;
}
