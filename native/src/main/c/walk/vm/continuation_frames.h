/*
 * Moves a cursor out of the code that mounts and unmounts virtual threads (continuations.h): to the
 * frame to which this code returns, or to the carrier's frame that called enterSpecial.
 *
 * Called from the handler, on the interrupted thread's stack.
 */
#ifndef SPPROF_VM_CONTINUATION_FRAMES_H
#define SPPROF_VM_CONTINUATION_FRAMES_H

#include <stdbool.h>

#include "walk/cpu/cursor.h"
#include "walk/vm/code.h"

/*
 * In the last instructions of enterSpecial, doYield or a stub, after sp has moved across the
 * border: moves the cursor to the frame to which they return. Returns false anywhere else, with the
 * cursor unchanged.
 */
bool spprof_continuations_return_sigsafe(struct spprof_cursor *cursor,
                                         const struct spprof_code *code, int *result);

/* Moves from the stubs to the carrier's frame that called enterSpecial. Returns false if there is
 * none. */
bool spprof_continuations_go_to_carrier_sigsafe(struct spprof_cursor *cursor,
                                                const struct spprof_code *stubs, int *result);

#endif
