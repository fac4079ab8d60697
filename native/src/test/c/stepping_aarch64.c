/*
 * aarch64 cannot be made to trap after the next instruction by the thread itself. So the handler
 * writes BRK over each instruction that can come next, at most two, and restores them when one of
 * them traps. Native code is not stepped through: the BRK is where it returns to the JVM's
 * generated code. A breakpoint between ldxr and stxr would let the store fail for ever, so the code
 * of a JVM that has no single instructions for atomic operations (before Armv8.1) cannot be stepped
 * through.
 */
#include <ucontext.h>

#include "stepping.h"
#include "walk/cpu/cpu.h"
#include "walk/vm/code.h"

enum { BRK = 0xd4200000, RET = 0xd65f03c0 };

static struct breakpoint {
    uint64_t pc; /* 0: none */
    uint32_t code;
} breakpoints[2];

static uint32_t *code_at(uint64_t pc) {
    return (uint32_t *)(uintptr_t)pc;
}

static void write_code(uint64_t pc, uint32_t code) {
    __atomic_store_n(code_at(pc), code, __ATOMIC_SEQ_CST);
    __builtin___clear_cache((char *)code_at(pc), (char *)code_at(pc + 4));
}

static void remove_all(void) {
    for (int i = 0; i < 2; i++) {
        if (breakpoints[i].pc != 0) {
            write_code(breakpoints[i].pc, breakpoints[i].code);
            breakpoints[i].pc = 0;
        }
    }
}

static void stop_at(uint64_t pc) {
    struct breakpoint *free = breakpoints[0].pc == 0 ? &breakpoints[0] : &breakpoints[1];
    if (free->pc == 0 && breakpoints[0].pc != pc) {
        *free = (struct breakpoint){pc, *code_at(pc)};
        write_code(pc, BRK);
    }
}

static uint64_t extend(uint32_t value, int bits) {
    uint64_t sign = UINT64_C(1) << (bits - 1);
    return ((value & (2 * sign - 1)) ^ sign) - sign;
}

/* The thread goes to `pc`. If that is native code, which was called or jumped to, it returns to
 * `back`. */
static void go_to(uint64_t pc, uint64_t back) {
    if (spprof_is_code_sigsafe(pc)) {
        stop_at(pc);
    } else if (spprof_is_code_sigsafe(back)) {
        stop_at(back);
    }
}

void stepping_next(void *ucontext) {
    mcontext_t *context = &((ucontext_t *)ucontext)->uc_mcontext;
    uint64_t pc = context->pc, link = spprof_cpu_strip_sigsafe(context->regs[30]);
    if (!spprof_is_code_sigsafe(pc)) {
        return; /* in `begin` */
    }
    uint32_t code = *code_at(pc), number = code >> 5 & 31;
    uint64_t target = number < 31 ? context->regs[number] : 0;
    if ((code & 0x7c000000) == 0x14000000) { /* b, bl */
        go_to(pc + (extend(code, 26) << 2), (code & 0x80000000) != 0 ? pc + 4 : link);
    } else if ((code & 0xff000010) == 0x54000000 || (code & 0x7e000000) == 0x34000000) {
        stop_at(pc + 4); /* b.cond, cbz, cbnz */
        stop_at(pc + (extend(code >> 5, 19) << 2));
    } else if ((code & 0x7e000000) == 0x36000000) { /* tbz, tbnz */
        stop_at(pc + 4);
        stop_at(pc + (extend(code >> 5, 14) << 2));
    } else if ((code & 0xfffffc1f) == 0xd63f0000) { /* blr */
        go_to(target, pc + 4);
    } else if ((code & 0xfffffc1f) == 0xd61f0000) { /* br */
        go_to(target, link);
    } else if ((code & 0xfffffc1f) == 0xd65f0000) { /* ret */
        go_to(spprof_cpu_strip_sigsafe(target), 0);
    } else {
        stop_at(pc + 4);
    }
}

void stepping_stop(void *ucontext) {
    (void)ucontext;
    remove_all();
}

void stepping_trap(uint64_t caller) {
    (void)caller;
    __asm__ volatile("brk #0" ::: "memory");
}

void stepping_begin(void *ucontext, uint64_t caller) {
    ((ucontext_t *)ucontext)->uc_mcontext.pc += 4;
    stop_at(spprof_cpu_strip_sigsafe(caller));
}

void stepping_continued(const void *ucontext) {
    remove_all();
    go_to(((const ucontext_t *)ucontext)->uc_mcontext.pc, 0);
}

bool stepping_is_ours(const void *ucontext) {
    uint64_t pc = ((const ucontext_t *)ucontext)->uc_mcontext.pc;
    bool ours = pc == breakpoints[0].pc || pc == breakpoints[1].pc || !spprof_is_code_sigsafe(pc);
    remove_all();
    return ours;
}

bool stepping_called(uint64_t from, uint64_t from_sp, const void *ucontext, uint64_t *pc) {
    const mcontext_t *context = &((const ucontext_t *)ucontext)->uc_mcontext;
    uint32_t code = *code_at(from);
    *pc = from + 4;
    return ((code & 0xfc000000) == 0x94000000 || (code & 0xfffffc1f) == 0xd63f0000) &&
           context->sp == from_sp && context->pc != *pc;
}

bool stepping_returned(uint64_t from) {
    return *code_at(from) == RET || (*code_at(from) & 0xfffffc1f) == 0xd61f0000;
}
