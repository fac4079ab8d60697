/* The trap flag makes x86-64 trap after the next instruction. */
#include <ucontext.h>

#include "stepping.h"
#include "walk/cpu/cpu.h"
#include "walk/vm/code.h"

#define TRAP_FLAG 0x100
#define MOST_OF_A_CALL 8 /* bytes */

void stepping_next(void *ucontext) {
    ((ucontext_t *)ucontext)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

void stepping_stop(void *ucontext) {
    if (ucontext != NULL) {
        ((ucontext_t *)ucontext)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
    }
}

void stepping_trap(uint64_t caller) {
    (void)caller;
    __asm__ volatile("int3" ::: "memory");
}

/* pc is already behind the trap. */
void stepping_begin(void *ucontext, uint64_t caller) {
    (void)ucontext, (void)caller;
}

void stepping_continued(const void *ucontext) {
    (void)ucontext;
}

bool stepping_is_ours(const void *ucontext) {
    (void)ucontext;
    return true;
}

/* A call pushes the address behind it. No other instruction pushes an address behind itself. If the
 * instruction has faulted, the JVM has let the thread go on elsewhere, where the call was. */
bool stepping_called(uint64_t from, uint64_t from_sp, const void *ucontext, uint64_t *pc) {
    const greg_t *g = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;
    *pc = *(const uint64_t *)(uintptr_t)g[REG_RSP];
    if ((uint64_t)g[REG_RSP] != from_sp - 8 || (uint64_t)g[REG_RIP] == *pc) {
        return false;
    }
    struct spprof_code code = spprof_code_at_sigsafe(from);
    uint64_t target;
    return (*pc > from && *pc - from < MOST_OF_A_CALL) ||
           (*pc > code.begin && *pc < spprof_code_end_sigsafe(&code) &&
            spprof_cpu_is_call_before_sigsafe(*pc, &target) && target == (uint64_t)g[REG_RIP]);
}

bool stepping_returned(uint64_t from) {
    (void)from;
    return false;
}
