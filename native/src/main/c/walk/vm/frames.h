/*
 * From a frame to its caller's, for each kind of code that Java runs in. A cursor stands on a
 * frame; the functions move it to the caller's, or say why they cannot. The rules are HotSpot's own
 * (frame.cpp, frame_x86.cpp), but for the top frame, which HotSpot itself only looks at where a
 * thread stops on purpose, while a signal meets it anywhere: before its frame is made, while it is
 * taken down, in stubs that have none.
 *
 * Where more than one slot can hold the return address, what is there is held against the code: it
 * must be behind a call, and the call must lead to where we are. Code in the midst of a method can
 * have moved sp: intrinsics push registers, and barriers out of line save them.
 *
 * Called from the handler. Loads are of the interrupted thread's stack, between `low` and `high`,
 * and of code that is on it.
 */
#ifndef SPPROF_VM_FRAMES_H
#define SPPROF_VM_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/cpu/cpu.h"
#include "walk/vm/code.h"
#include "walk/vm/methods.h"

/* How the cursor came to its frame. */
enum spprof_arrival {
    SPPROF_INTERRUPTED, /* the thread is there */
    SPPROF_FROM_LEAF,   /* it called native code or a stub that left no anchor: sp may not be where
                           the frame says */
    SPPROF_AT_CALL,     /* it called Java code, or left an anchor */
};

struct spprof_cursor {
    uint64_t pc, sp, fp;
    uint64_t thread;    /* the JavaThread */
    uint64_t low, high; /* of the stack; low is where the thread was interrupted */
    enum spprof_arrival arrival;
    const struct spprof_registers *registers; /* where it was interrupted */
};

/* 0, or one of SPPROF_WALK_BROKEN_*. */
int spprof_frames_of_method_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code);
int spprof_frames_of_stub_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code);

/*
 * Of the interpreter: also tells which method and byte code it is at; `method->address` is 0 if the
 * frame is not there yet, or no more, and its method is not known.
 */
int spprof_frames_of_interpreter_sigsafe(struct spprof_cursor *cursor, struct spprof_method *method,
                                         int32_t *bci);

/* Of frames that deoptimisation makes anew, by the thread's array of `count` of them. */
int spprof_frames_of_new_sigsafe(struct spprof_cursor *cursor, uint64_t array, uint32_t count);

/*
 * Of call_stub, by which native code calls Java code: to the last Java frame before, which the JVM
 * kept. 1 if there is none.
 */
int spprof_frames_of_entry_sigsafe(struct spprof_cursor *cursor);

/*
 * Of a stub by which native code calls Java code since JDK 19 (java.lang.foreign): the same, but
 * for where it was kept.
 */
int spprof_frames_of_upcall_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code);

/* To a thread's last Java frame, from an anchor: 0, or 1 if there is none. */
int spprof_frames_of_anchor_sigsafe(struct spprof_cursor *cursor, uint64_t anchor);

#endif
