/*
 * The stack as the compiler's own unwinder (libgcc's) finds it, to which C tests compare the
 * profiler's unwinding of native frames.
 */
#ifndef SPPROF_TEST_BACKTRACE_H
#define SPPROF_TEST_BACKTRACE_H

#include <stdint.h>
#include <unwind.h>

#define BACKTRACE_MOST 64 /* frames */
/* In a signal's handler, the index of the interrupted frame: above backtrace_find's, the handler's
 * and the signal's. */
#define BACKTRACE_INTERRUPTED 3

struct backtrace {
    uint64_t pcs[BACKTRACE_MOST], cfas[BACKTRACE_MOST];
    int count;
};

static _Unwind_Reason_Code backtrace_add(struct _Unwind_Context *context, void *argument) {
    struct backtrace *trace = argument;
    trace->pcs[trace->count] = _Unwind_GetIP(context);
    trace->cfas[trace->count] = _Unwind_GetCFA(context);
    return ++trace->count == BACKTRACE_MOST ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/* Called by a signal's handler. Fills in the thread's stack. Returns the index of the outermost
 * caller of the interrupted frame that goes on at `pc`, or -1. */
static __attribute__((noinline)) int backtrace_find(struct backtrace *trace, uint64_t pc) {
    int at = -1;
    trace->count = 0;
    _Unwind_Backtrace(backtrace_add, trace);
    for (int i = BACKTRACE_INTERRUPTED + 1; i < trace->count; i++) {
        at = trace->pcs[i] == pc ? i : at;
    }
    return at;
}

#endif
