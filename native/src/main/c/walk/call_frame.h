/*
 * Unwinds one frame by the call frame information that compilers store beside native code
 * (.eh_frame: Linux Standard Base 5.0, 10.6; DWARF 4, 6.4). For each instruction of a function,
 * this information describes where the caller's registers are saved.
 *
 * Called from the handler. The tables and the stack are read by guarded loads. Invalid data ends
 * the reading.
 */
#ifndef SPPROF_CALL_FRAME_H
#define SPPROF_CALL_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Returns whether a function's entry (FDE; 0 for none) covers the code at `pc`. */
bool spprof_call_frame_is_of_sigsafe(uint64_t entry, uint64_t pc);

/* What a function's entry says of one of its instructions. */
struct spprof_call_frame {
    uint64_t begin;       /* the function's first instruction */
    uint64_t rule;        /* the way to the caller's registers; 0 if it is not of the simple form */
    bool is_signal_frame; /* the caller was interrupted: its pc is no return address */
};

/*
 * Unwinds one frame by a function's entry (FDE; 0 for none): replaces `registers`, indexed by
 * DWARF's numbers, with the caller's, and describes the frame in `*frame`. On entry their pc is
 * where the thread was interrupted, or a return address. Afterwards a pc of 0 means that there is
 * no caller. Returns false if the entry does not cover this pc, or cannot be evaluated; `registers`
 * are then unchanged, and `frame->begin` is set only if the entry covers the pc.
 */
bool spprof_call_frame_step_sigsafe(uint64_t entry, uint64_t *registers, bool interrupted,
                                    struct spprof_call_frame *frame);

/*
 * Unwinds one frame by the rule of a frame that was unwound before at the same instruction. This is
 * the fast path: it reads the stack only. Returns false if the stack cannot be read; `registers`
 * are then unchanged.
 *
 * The simple form: the CFA is sp or fp plus a number of words, and each register of the caller is
 * unchanged, or is in one of the nearest words.
 *
 *   | 1 | CFA from fp: 1 | from the bottom: 1 | words to the CFA: 13 | distances: 12 x 4 |
 *
 * There is a distance for each of SPPROF_DWARF_KEPT, the first one in the lowest bits. It is 0 if
 * the register is unchanged, 15 if it is undefined, and otherwise the distance in words of the word
 * that holds the register: below the CFA, or from the frame's bottom, where 1 is the first word.
 */
bool spprof_call_frame_apply_sigsafe(uint64_t rule, uint64_t *registers);

#endif
