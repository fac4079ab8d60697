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

/*
 * Unwinds one frame by a function's entry (FDE; 0 for none): replaces `registers`, indexed by
 * DWARF's numbers, with the caller's. On entry their pc is where the thread was interrupted, or a
 * return address. Afterwards a pc of 0 means that there is no caller. Returns false if the entry
 * does not cover this pc, or cannot be evaluated.
 */
bool spprof_call_frame_step_sigsafe(uint64_t entry, uint64_t *registers, bool interrupted);

#endif
