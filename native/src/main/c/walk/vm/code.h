/*
 * Which code of the JVM's an address lies in, through the code heaps' segment maps: a byte a
 * segment, 0 where a block begins, N where it began N segments before or more, 0xff where there is
 * none.
 *
 * Called from the handler, on addresses of the interrupted thread's own stack: code that is on a
 * stack is not freed. Other addresses give an answer, too, or none, but no fault: heaps only grow.
 */
#ifndef SPPROF_VM_CODE_H
#define SPPROF_VM_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/vm/layout.h"

enum spprof_code_kind {
    SPPROF_CODE_NONE,
    SPPROF_CODE_METHOD,      /* compiled, or a native method's wrapper: an nmethod */
    SPPROF_CODE_INTERPRETER, /* the template interpreter */
    SPPROF_CODE_STUB,        /* all else: runtime stubs, adapters, intrinsics */
};

struct spprof_code {
    enum spprof_code_kind kind;
    uint64_t blob;  /* the CodeBlob's address */
    uint64_t begin; /* of its instructions */
};

static inline bool spprof_is_code_sigsafe(uint64_t pc) {
    return pc >= spprof_layout.code_low && pc < spprof_layout.code_end;
}

struct spprof_code spprof_code_at_sigsafe(uint64_t pc);

/* End of its instructions. */
uint64_t spprof_code_end_sigsafe(const struct spprof_code *code);
/* Bytes of a frame at its calls, the return address included; 0 if that is not fixed. */
uint64_t spprof_code_frame_size_sigsafe(const struct spprof_code *code);
/* Whether its name begins so. */
bool spprof_code_is_named_sigsafe(const struct spprof_code *code, const char *prefix);
/* Whether native code calls Java code by it: java.lang.foreign, and its incubator of 17 and 18. */
bool spprof_code_is_upcall_sigsafe(const struct spprof_code *code);

/* Of methods: the first address at which the frame is complete. */
uint64_t spprof_method_complete_sigsafe(const struct spprof_code *code);
/* Where it is entered from a loop of the interpreter's; 0 if it is not. */
uint64_t spprof_method_osr_entry_sigsafe(const struct spprof_code *code);
/* What tells it from every other that is or was compiled in this process. */
uint32_t spprof_method_compile_id_sigsafe(const struct spprof_code *code);
/* Whether `pc` is where frames that are marked for deoptimisation return to. */
bool spprof_method_is_deopt_handler_sigsafe(const struct spprof_code *code, uint64_t pc);
/*
 * The address that a frame returns to, whose return address is `pc` and whose sp is `sp`: another
 * one if the frame is marked for deoptimisation, which puts an address of a handler there.
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
