/*
 * One walk: from the given registers, from caller to caller up to the root of the stack. It reads
 * HotSpot's structures by the layout that HotSpot publishes (layout.h).
 *
 *   the thread is                the walk begins
 *   in Java code                 at the frame of the registers
 *   in native code or the JVM    at the anchor, the Java frame that HotSpot records when a thread
 *                                leaves Java code. Calls of some small functions leave no anchor.
 *                                The walk then begins at the Java code to which the native frames
 *                                lead (native_frames.h). The session's option decides whether
 *                                the native frames are written before (native_stack.h)
 *
 *   a frame's pc is in           the frame is reported as (frames.h)
 *   compiled code                its location, which stands for the methods inlined there
 *   the interpreter              its method
 *   a stub                       nothing: the time is the caller's
 *   call_stub                    nothing; the walk continues at the anchor saved there, or ends
 *
 * Called from the handler, and by the self-test.
 */
#ifndef SPPROF_VM_WALK_STACK_H
#define SPPROF_VM_WALK_STACK_H

#include "walk/cpu/cpu.h"
#include "walk/walk.h"

/* Walks the stack of the calling thread, whose registers are given. A thread in native code needs
 * no ucontext. */
void spprof_walk_from_sigsafe(struct spprof_walk *walk, struct spprof_registers *registers);

/* Walks the stack of the calling thread, which is no Java thread: writes its native frames, if the
 * session's option wants them. */
void spprof_walk_native_thread_sigsafe(struct spprof_walk *walk,
                                       struct spprof_registers *registers);

#endif
