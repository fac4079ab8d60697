/*
 * Where a frame's return address may be, and whether what is there can be one: shared by the files
 * that go from a frame to its caller's (frames.h). Called from the handler, on the interrupted
 * thread's stack.
 */
#ifndef SPPROF_VM_RETURN_SLOTS_H
#define SPPROF_VM_RETURN_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/vm/code.h"
#include "walk/vm/frames.h"
#include "walk/vm/methods.h"

#define SPPROF_WORD_BYTES sizeof(uint64_t)

/* A slot for a return address, and the caller's fp if it is saved there. */
struct spprof_return_slot {
    uint64_t at;    /* of the return address */
    uint64_t fp_at; /* 0: fp is the caller's */
};

bool spprof_cursor_on_stack_sigsafe(const struct spprof_cursor *cursor, uint64_t address);
/* false: the address is not in the stack. */
bool spprof_cursor_load_sigsafe(const struct spprof_cursor *cursor, uint64_t address,
                                uint64_t *value);

/* Moves the cursor to a frame that was called from. 0 or SPPROF_WALK_BROKEN_STACK. */
int spprof_cursor_go_to_sigsafe(struct spprof_cursor *cursor, uint64_t pc, uint64_t sp,
                                uint64_t fp);
/* The same, by what a slot holds; false if it is not in the stack. */
bool spprof_return_slot_go_by_sigsafe(struct spprof_cursor *cursor,
                                      const struct spprof_return_slot *slot, int *result);

/* At the end of a frame. */
struct spprof_return_slot spprof_return_slot_behind_frame_sigsafe(uint64_t end);
struct spprof_return_slot spprof_return_slot_at_stage_sigsafe(const struct spprof_cursor *cursor,
                                                              enum spprof_frame_stage stage,
                                                              uint64_t frame_size);

bool spprof_code_in_interpreter_sigsafe(uint64_t pc);
/* Whether code can return to `pc`: it is behind a call, or where the interpreter goes on. */
bool spprof_is_return_address_sigsafe(uint64_t pc);
/* Whether a Java method can have been called before `pc`: compilers write these addresses down. */
bool spprof_is_return_of_java_sigsafe(uint64_t pc);
/* Where the call before `pc` leads, if that is right into `code`; else 0. */
uint64_t spprof_target_of_call_sigsafe(uint64_t pc, const struct spprof_code *code);
/* Whether a slot has a return address, and the fp that belongs to it. With `method`, compiled code
 * that would return there: whether what it leads to can have called the method. */
bool spprof_return_slot_holds_sigsafe(const struct spprof_cursor *cursor,
                                      const struct spprof_return_slot *slot,
                                      const struct spprof_code *method);
/* Whether a method in the interpreter can return to `pc`, where a frame has this sp and fp then. */
bool spprof_return_slot_can_call_sigsafe(const struct spprof_cursor *cursor, uint64_t pc,
                                         uint64_t sp, uint64_t fp,
                                         const struct spprof_method *callee);

/* Whether a frame of call_stub has this fp: it refers to a JavaCallWrapper, which refers to the
 * thread, and to the method that is called, `callee`, unless that is NULL. */
bool spprof_frames_is_entry_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                                    const struct spprof_method *callee, uint64_t *wrapper);

/* The address of a slot of an interpreter frame, `slot` words from its fp
 * (spprof_cpu_interpreter_slots). */
uint64_t spprof_interpreter_slot_sigsafe(uint64_t fp, int slot);
/* Whether a whole interpreter frame stands at fp, as far as what is in it agrees with itself. */
bool spprof_frames_is_interpreter_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                                          struct spprof_method *method);

#endif
