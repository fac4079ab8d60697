/*
 * What compilers write down beside native code (.eh_frame: Linux Standard Base 5.0, 10.6; DWARF 4,
 * 6.4): for each instruction of a function, where its caller's registers are.
 *
 * Called from the handler. The tables and the stack are read by guarded loads; what makes no sense
 * ends the reading.
 */
#ifndef SPPROF_CALL_FRAME_H
#define SPPROF_CALL_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a function's entry (FDE), 0 for none, is of the code at `pc`. */
bool spprof_call_frame_is_of_sigsafe(uint64_t entry, uint64_t pc);

/*
 * One frame up: from `registers`, by DWARF's numbers, to the caller's, by a function's entry (FDE;
 * 0 for none). Its pc is where a thread was interrupted, or is to return to; 0 afterwards: there is
 * no caller. false if the entry is not of this pc, or cannot be followed.
 */
bool spprof_call_frame_step_sigsafe(uint64_t entry, uint64_t *registers, bool interrupted);

#endif
