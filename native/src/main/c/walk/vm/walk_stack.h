/*
 * One walk: from the given registers, from caller to caller up to the root of the stack. It reads
 * HotSpot's structures by the layout that HotSpot publishes (layout.h).
 *
 *   the thread is                the walk begins
 *   in Java code                 at the frame of the registers
 *   in native code or the JVM    at the anchor, the Java frame that HotSpot records when a thread
 *                                leaves Java code. Calls of some small functions leave no anchor.
 *                                The walk then begins at the first Java frame that unwinding of the
 *                                native frames reaches (native_frames.h)
 *
 * The option `native` of the session decides whether the native frames are also reported, before
 * the Java frames (native_stack.h).
 *
 *   a frame's pc is in           the frame is reported as (frames.h)
 *   compiled code                its location (an address of code). The methods inlined there are
 *                                written once for each location (locations.h)
 *   the interpreter              its method
 *   call_stub (the JVM's way     nothing; the walk goes on at the anchor saved there, that of the
 *   to call Java code)           Java code below. Without one, this is the root
 *   another stub                 nothing: the time is its caller's
 *
 * If a frame cannot be read, or its pc is in none of these, the walk ends, and its result says why
 * (SPPROF_WALK_BROKEN_* in sample.h). If the buffer is full, the flag SPPROF_FLAG_TRUNCATED is set.
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
