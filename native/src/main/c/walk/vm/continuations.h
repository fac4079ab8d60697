/*
 * Virtual threads: where their part of a carrier's stack begins, and the code by which they come
 * and go. Oldest frame first:
 *
 *   the carrier's … Continuation.run, Continuation.enterSpecial | Continuation.enter … the virtual
 *                                                               | thread's
 *
 * The frame of enterSpecial is the border. While a virtual thread is mounted, its carrier has the
 * border's address (JavaThread::_cont_entry). Code on both sides of the border:
 *
 *   enterSpecial             calls Continuation.enter, or a stub that thaws
 *   stubs that thaw          copy frames from the heap, then return to the youngest of them. One is
 *                            the return barrier: the oldest copied frame returns to it if more
 *                            frames are on the heap
 *   Continuation.doYield     freezes; then moves sp to the border and returns from there
 *   the stub that preempts   the same, for a thread that waits for a monitor; since JDK 24
 *
 * Two rules follow. A walk that has a frame of the virtual thread's ends at the border, always: the
 * border is no location that others may be followed through (locations.h). A walk that has none is
 * of the carrier: it goes on across the border.
 *
 * Little of this is published, and in JDK 21 nothing. So enterSpecial and doYield are recognised by
 * name, the stubs by the name of their blob, and the border's offset in a thread is read from their
 * code.
 *
 * Called from the handler, on the interrupted thread's stack.
 */
#ifndef SPPROF_VM_CONTINUATIONS_H
#define SPPROF_VM_CONTINUATIONS_H

#include <stdbool.h>

#include "walk/vm/code.h"
#include "walk/vm/frames.h"

/* Whether `code`, a method, is enterSpecial. */
bool spprof_continuations_is_border_sigsafe(const struct spprof_code *code);

/* Whether the border calls this method: it has no debug information that would tell. */
bool spprof_continuations_border_calls_sigsafe(const struct spprof_method *method);

/* Whether `code` is the stubs that thaw and preempt. A frame that returns there is the oldest of
 * its virtual thread's on the stack; its callers are on the heap. */
bool spprof_continuations_are_stubs_sigsafe(const struct spprof_code *code);

/*
 * In the last instructions of enterSpecial, doYield or a stub, when sp is on its new side: goes to
 * the frame that they return to. false, with the cursor as it was, anywhere else.
 */
bool spprof_continuations_return_sigsafe(struct spprof_cursor *cursor,
                                         const struct spprof_code *code, int *result);

/* From stubs to the carrier's frame that called enterSpecial. false if there is none. */
bool spprof_continuations_go_to_carrier_sigsafe(struct spprof_cursor *cursor,
                                                const struct spprof_code *stubs, int *result);

#endif
