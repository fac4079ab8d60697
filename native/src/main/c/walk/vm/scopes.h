/*
 * From an address in a compiled method to the methods that were inlined there, as the compilers
 * wrote it down for deoptimisation and stack traces (pcDesc.hpp, scopeDesc.cpp, unsigned5.hpp).
 *
 * A method's table of PcDescs is sorted by offset in the code: at a call the offset behind it, else
 * that of the instruction. Each refers to a scope: numbers, compressed, of which the first is where
 * the caller's scope is (0: there is none, and always before its callee's), the second the method,
 * as an index from 1 into the nmethod's metadata, the third the byte code's index, plus one.
 *
 * Called from the handler, for code that is on the interrupted thread's stack. What is read is
 * checked: the outermost method must be the one that the nmethod is of.
 */
#ifndef SPPROF_VM_SCOPES_H
#define SPPROF_VM_SCOPES_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/vm/code.h"

struct spprof_scope {
    uint64_t method; /* address of the Method */
    int32_t bci;     /* -1: none */
};

struct spprof_scopes {
    const struct spprof_code *code;
    uint64_t scopes, metadata, root_method;
    uint32_t next; /* where the next scope is; 0 if there is none */
    bool root_only;
};

/* Whether the method's debug information has an entry for exactly this address. */
bool spprof_scopes_are_exact_sigsafe(const struct spprof_code *code, uint64_t pc);

/*
 * Begins with the innermost method at `pc`, where a thread was interrupted (then what is written
 * down next counts) or is to return to.
 */
void spprof_scopes_open_sigsafe(struct spprof_scopes *scopes, const struct spprof_code *code,
                                uint64_t pc, bool interrupted);
/* The whole method, nothing inlined. */
void spprof_scopes_open_root_sigsafe(struct spprof_scopes *scopes, const struct spprof_code *code);

/* The next one, from the innermost to the outermost. 1, 0 at the end, -1 if it makes no sense. */
int spprof_scopes_next_sigsafe(struct spprof_scopes *scopes, struct spprof_scope *scope);

#endif
