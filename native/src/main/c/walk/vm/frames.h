/*
 * Moves from a frame to its caller's frame, for each kind of code in which Java runs. A cursor
 * holds the registers of one frame. Each function moves the cursor to the caller's frame, or
 * returns the reason why it cannot.
 *
 * Called from the handler. Loads are from the interrupted thread's stack, between `low` and `high`,
 * and from the machine code of the methods and stubs that have a frame on this stack.
 *
 * The rules are HotSpot's own (frame.cpp, frame_CPU.cpp), except for the top frame, which is the
 * frame of the code that was running. HotSpot looks at a top frame only where the thread stops on
 * purpose. A signal interrupts a thread anywhere: before a frame is built, while a frame is being
 * removed, or in a stub without a frame.
 *
 * If more than one slot can hold the return address, the value in each slot is checked as an
 * address: the instruction before it must be a call, and this call must lead to the code of the
 * frame. Even in the middle of a method several slots are possible, because sp can be lower than
 * the frame's size says: intrinsics push registers, and out-of-line barriers save registers.
 */
#ifndef SPPROF_VM_FRAMES_H
#define SPPROF_VM_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/cpu/cursor.h"
#include "walk/vm/code.h"
#include "walk/vm/methods.h"

/* Leave a frame of a compiled method, and a frame of a stub. They return 0, or one of
 * SPPROF_WALK_BROKEN_*. */
int spprof_frames_of_method_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code);
int spprof_frames_of_stub_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code);

/*
 * Leaves a frame of the interpreter, and also returns its method and byte code index.
 * `method->address` is 0 if the frame is not built yet, or already removed, and its method is not
 * known.
 */
int spprof_frames_of_interpreter_sigsafe(struct spprof_cursor *cursor, struct spprof_method *method,
                                         int32_t *bci);

/* Leaves the frames that deoptimisation is creating. `array` is the thread's vframeArray
 * with `count` frames. */
int spprof_frames_of_new_sigsafe(struct spprof_cursor *cursor, uint64_t array, uint32_t count);

/*
 * Leaves call_stub, through which native code calls Java code: moves to the last Java frame before
 * this native code, whose anchor the JVM keeps in the JavaCallWrapper. Returns 1 if there is no
 * such frame.
 */
int spprof_frames_of_entry_sigsafe(struct spprof_cursor *cursor);

/*
 * Leaves an upcall stub, through which native code calls Java code since JDK 19
 * (java.lang.foreign): moves to the last Java frame before this native code, whose anchor the stub
 * keeps in its frame data. Returns 1 if there is no such frame.
 */
int spprof_frames_of_upcall_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code);

/* Moves to the Java frame that an anchor describes. Returns 0, 1 if the anchor is empty, or
 * SPPROF_WALK_BROKEN_STACK. */
int spprof_frames_of_anchor_sigsafe(struct spprof_cursor *cursor, uint64_t anchor);

#endif
