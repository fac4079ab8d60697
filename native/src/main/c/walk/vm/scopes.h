/*
 * Finds the methods that were inlined at an address of a compiled method. The compilers record them
 * for deoptimisation and stack traces (pcDesc.hpp, scopeDesc.cpp, unsigned5.hpp).
 *
 * A method's table of PcDescs is sorted by offset in the code. The entry of a call has the offset
 * of the instruction after the call, which is the return address; other entries have the offset of
 * the instruction itself. Each PcDesc refers to a scope, a sequence of compressed numbers
 * (unsigned5.h). The first is the position of the caller's scope, which is lower than the scope's
 * own; 0 means that there is no caller. The second is the method, as an index from 1 into the
 * nmethod's metadata. The third is the byte code's index plus one.
 *
 * Called from the handler, for code that is on the interrupted thread's stack. The result is
 * checked: the outermost method must be the nmethod's own.
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
    uint32_t next; /* position of the next scope; 0 if there is none */
    bool root_only;
};

/* Returns whether the method's debug information has an entry for exactly this address. */
bool spprof_scopes_are_exact_sigsafe(const struct spprof_code *code, uint64_t pc);

/*
 * Makes spprof_scopes_next_sigsafe begin with the innermost method at `pc`. Where a thread was
 * interrupted, the first entry after `pc` applies; at a return address, the first entry at or after
 * `pc`.
 */
void spprof_scopes_open_sigsafe(struct spprof_scopes *scopes, const struct spprof_code *code,
                                uint64_t pc, bool interrupted);
/* Makes spprof_scopes_next_sigsafe return only the method as a whole, without inlining. */
void spprof_scopes_open_root_sigsafe(struct spprof_scopes *scopes, const struct spprof_code *code);

/* Moves to the next method, from the innermost to the outermost. Returns 1, 0 at the end, or -1 if
 * the data is invalid. */
int spprof_scopes_next_sigsafe(struct spprof_scopes *scopes, struct spprof_scope *scope);

#endif
