/*
 * Virtual threads: finds where their part of a carrier's stack begins, and recognizes the code that
 * mounts and unmounts them. Frames, oldest first:
 *
 *   the carrier's … Continuation.run, enterSpecial | Continuation.enter … the virtual thread's
 *
 * The frame of enterSpecial is the border. While a virtual thread is mounted, its carrier stores
 * the border's address (JavaThread::_cont_entry). The following code crosses the border, and a
 * signal can interrupt it on either side:
 *
 *   enterSpecial             calls Continuation.enter, or a stub that thaws
 *   stubs that thaw          copy frames from the heap, then return to the youngest of them. One of
 *                            these stubs is the return barrier: the oldest copied frame returns to
 *                            it if more frames are on the heap
 *   Continuation.doYield     freezes: copies frames to the heap; then moves sp to the border and
 *                            returns from there
 *   the stub that preempts   the same, for a thread that waits for a monitor; since JDK 24
 *
 * So sp can be at the border while a thread runs such code, and the frames alone decide whose stack
 * a walk shows. A walk that has found a frame of the virtual thread ends at the border, always: the
 * walker remembers where walks continue (locations.h), but never the border. A walk without such a
 * frame is of the carrier and continues across the border.
 *
 * The JVM publishes little of this, and JDK 21 nothing. enterSpecial and doYield are therefore
 * recognized by name, and the stubs by the name of their blob. The offset of _cont_entry in a
 * JavaThread is read from the code of enterSpecial and doYield.
 *
 * Called from the handler, on the interrupted thread's stack.
 */
#ifndef SPPROF_VM_CONTINUATIONS_H
#define SPPROF_VM_CONTINUATIONS_H

#include <stdbool.h>

#include "walk/vm/code.h"
#include "walk/vm/methods.h"

/* Returns whether `code`, a method, is enterSpecial. */
bool spprof_continuations_is_border_sigsafe(const struct spprof_code *code);

/* Returns whether the border calls this method. The border has no debug information that would
 * answer this. */
bool spprof_continuations_border_calls_sigsafe(const struct spprof_method *method);

/* Returns whether `code` contains the stubs that thaw and preempt. A frame that returns there is
 * the oldest of its virtual thread on the stack; that frame's callers are on the heap. */
bool spprof_continuations_are_stubs_sigsafe(const struct spprof_code *code);

/* Returns whether `code`, a method, is doYield. */
bool spprof_continuations_freezes_sigsafe(const struct spprof_code *code);

#endif
