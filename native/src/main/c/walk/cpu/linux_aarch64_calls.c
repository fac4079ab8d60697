/*
 * System calls on aarch64 with Linux: `svc #0`, with the number in x8, which the kernel preserves.
 * A call that is to begin anew is found at the svc itself (arch/arm64/kernel/signal.c).
 */
#include <ucontext.h>

#include "walk/cpu/cpu.h"

#define SVC UINT32_C(0xd4000001)
#define MOST_NUMBERS 1024

bool spprof_cpu_system_call_sigsafe(const void *ucontext, spprof_cpu_loader load_sigsafe,
                                    int32_t *number) {
    const mcontext_t *context = &((const ucontext_t *)ucontext)->uc_mcontext;
    uint32_t code;
    if ((!load_sigsafe(context->pc - sizeof code, &code, sizeof code) || code != SVC) &&
        (!load_sigsafe(context->pc, &code, sizeof code) || code != SVC)) {
        return false;
    }
    *number = context->regs[8] < MOST_NUMBERS ? (int32_t)context->regs[8] : -1;
    return true;
}
