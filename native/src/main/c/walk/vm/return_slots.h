/*
 * Return slots: the words of a stack in which a frame's return address may be, and the checks
 * whether the value in such a word can be the return address. Shared by the files that go from a
 * frame to its caller's frame (frames.h).
 *
 * Called from the handler, on the interrupted thread's stack.
 */
#ifndef SPPROF_VM_RETURN_SLOTS_H
#define SPPROF_VM_RETURN_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/cpu/cursor.h"
#include "walk/vm/code.h"
#include "walk/vm/methods.h"

/* Moves the cursor to the caller's frame, at a call. Returns 0, or SPPROF_WALK_BROKEN_STACK if the
 * caller's sp is not in the stack. */
int spprof_cursor_go_to_sigsafe(struct spprof_cursor *cursor, const struct spprof_caller *caller);
/* Moves the cursor to the caller whose return address and fp are in `slot`. `*result` is the result
 * of spprof_cursor_go_to_sigsafe. Returns false if the slot cannot be read. */
bool spprof_return_slot_go_by_sigsafe(struct spprof_cursor *cursor,
                                      const struct spprof_return_slot *slot, int *result);

/* Returns the slot of the cursor's frame at a stage (cpu.h). The complete frame has `frame_size`
 * bytes. */
struct spprof_return_slot spprof_return_slot_at_stage_sigsafe(const struct spprof_cursor *cursor,
                                                              enum spprof_frame_stage stage,
                                                              uint64_t frame_size);

bool spprof_code_in_interpreter_sigsafe(uint64_t pc);
/* Returns whether the instruction that ends at `pc`, in a code blob, is a call. `*target` is its
 * target, as in cpu.h, or behind the trampoline if the call leads to one. */
bool spprof_is_call_before_sigsafe(uint64_t pc, uint64_t *target);
/* Returns whether code can return to `pc`: because `pc` follows a call, is in the interpreter, is a
 * deoptimisation handler, or is in a stub that calls or thaws Java frames. */
bool spprof_is_return_address_sigsafe(uint64_t pc);
/* Returns whether `pc` can be the return address of a call of a Java method. The compilers record
 * these addresses. */
bool spprof_is_return_of_java_sigsafe(uint64_t pc);
/* Returns the target of the call before `pc`, if the target is in `code`; otherwise 0. */
uint64_t spprof_target_of_call_sigsafe(uint64_t pc, const struct spprof_code *code);
/* Returns whether a slot holds a return address, and the fp that belongs to it. `method` is the
 * compiled code that would return there, or NULL. With `method`, the code at the return address
 * must also be able to have called the method. */
bool spprof_return_slot_holds_sigsafe(const struct spprof_cursor *cursor,
                                      const struct spprof_return_slot *slot,
                                      const struct spprof_code *method);
/* Returns whether `callee`, a method in the interpreter, can return to `caller`. */
bool spprof_return_slot_can_call_sigsafe(const struct spprof_cursor *cursor,
                                         const struct spprof_caller *caller,
                                         const struct spprof_method *callee);

/* Returns whether `fp` is the fp of a frame of call_stub. Such a frame refers to a JavaCallWrapper,
 * which refers to the thread and to the called method. If `callee` is not NULL, the called method
 * must be `callee`. `*wrapper` receives the address of the JavaCallWrapper. */
bool spprof_frames_is_entry_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                                    const struct spprof_method *callee, uint64_t *wrapper);

/* Returns the address of a slot of an interpreter frame. `slot` is the slot's distance from the
 * frame's fp, in words (spprof_cpu_interpreter_slots). */
uint64_t spprof_interpreter_slot_sigsafe(uint64_t fp, int slot);
/* Returns whether a complete interpreter frame has this fp. The only evidence is that the frame's
 * slots are consistent with each other. `*method` receives the frame's method. */
bool spprof_frames_is_interpreter_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                                          struct spprof_method *method);

#endif
