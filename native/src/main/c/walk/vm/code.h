/*
 * Finds the JVM's code that contains an address, through the segment maps of the code heaps. A map
 * has one byte a segment: 0 where a block begins, N where the block began N or more segments
 * before, 0xff where there is no block.
 *
 * Called from the handler, for addresses on the interrupted thread's own stack: code on a stack is
 * not freed. For any other address the answer may be wrong, but there is no fault, because heaps
 * only grow.
 */
#ifndef SPPROF_VM_CODE_H
#define SPPROF_VM_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/vm/layout.h"
#include "walk/vm/release.h"

enum spprof_code_kind {
    SPPROF_CODE_NONE,
    SPPROF_CODE_METHOD,      /* an nmethod: compiled code, or a native method's wrapper */
    SPPROF_CODE_INTERPRETER, /* the template interpreter */
    SPPROF_CODE_STUB,        /* all other code: runtime stubs, adapters, intrinsics */
};

struct spprof_code {
    enum spprof_code_kind kind;
    uint64_t blob;  /* the CodeBlob's address */
    uint64_t begin; /* of the code's instructions */
};

static inline bool spprof_is_code_sigsafe(uint64_t pc) {
    return pc >= spprof_layout.code_low && pc < spprof_layout.code_end;
}

struct spprof_code spprof_code_at_sigsafe(uint64_t pc);

/* Returns the end of the code's instructions. */
uint64_t spprof_code_end_sigsafe(const struct spprof_code *code);
/* Returns the size of a frame at the code's calls, in bytes with the return address; 0 if it is not
 * fixed. */
uint64_t spprof_code_frame_size_sigsafe(const struct spprof_code *code);
/* Returns whether the code has this role. The interpreter has no blob and thus no role. */
bool spprof_code_is_sigsafe(const struct spprof_code *code, enum spprof_blob_role role);

/* Returns the kind of a CodeBlob; 0 if this JVM does not publish it. */
int32_t spprof_code_blob_kind_sigsafe(uint64_t blob);
/* Returns whether a CodeBlob of this kind and name is one that `blob`, a row of release.h,
 * describes. `name` can be NULL. A row without names describes none. */
bool spprof_blob_is_sigsafe(const struct spprof_blob *blob, int32_t kind, const char *name);

/* Returns the first address at which the frame of a compiled method is complete. */
uint64_t spprof_method_complete_sigsafe(const struct spprof_code *code);
/* Returns the OSR entry: the address at which the interpreter enters the method's code from a loop.
 * Returns 0 if this code has none. */
uint64_t spprof_method_osr_entry_sigsafe(const struct spprof_code *code);
/* Returns the compilation's id. It distinguishes this code from all other code that is or was
 * compiled in this process. */
uint32_t spprof_method_compile_id_sigsafe(const struct spprof_code *code);
/* Returns whether `pc` is the address to which frames marked for deoptimisation return. */
bool spprof_method_is_deopt_handler_sigsafe(const struct spprof_code *code, uint64_t pc);
/*
 * Returns the real return address of a frame whose stored return address is `pc` and whose sp is
 * `sp`. The two differ if the frame is marked for deoptimisation, which replaces the address by
 * that of a handler.
 */
uint64_t spprof_method_original_pc_sigsafe(const struct spprof_code *code, uint64_t pc,
                                           uint64_t sp);

static inline uint64_t spprof_word_sigsafe(uint64_t address) {
    return *(const uint64_t *)(uintptr_t)address;
}
static inline uint32_t spprof_int_sigsafe(uint64_t address) {
    return *(const uint32_t *)(uintptr_t)address;
}

#endif
