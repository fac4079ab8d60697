/*
 * Adds the frames of native code to the stack of a walk: those between the running instruction and
 * the Java method that called native code, or all frames of a thread without Java code.
 * native_frames.h finds the frames.
 *
 * A native function has a number among those of the methods (methods.h). A frame whose code is in
 * no library has the name [unknown native code]. If the caller of a frame cannot be found, the
 * frames from there up to the Java method are missing, and one frame with that name stands for
 * them. In both cases the stack goes on with the thread's Java frames, if it has any. Code of the
 * JVM's own stubs gets no frame.
 *
 * If the thread was in a system call, the call is the first word, as if it were a function that the
 * native code had called (SPPROF_WORD_CALL).
 *
 * Implemented by native_stack.c on Linux, and elsewhere by native_stack_none.c, which adds no
 * frames.
 *
 * create, destroy and forget: called with no handler in flight. Others: called from the handler.
 */
#ifndef SPPROF_VM_NATIVE_STACK_H
#define SPPROF_VM_NATIVE_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/native_frames.h"
#include "walk/walk.h"

/* Native frames are written if the configuration has room for known frames. Returns 0, -EINVAL or
 * -ENOMEM. */
int spprof_native_stack_create(const struct spprof_walker_config *config);
void spprof_native_stack_destroy(void);
void spprof_native_stack_forget(void);

/*
 * Unwinds from the interrupted instruction until the return address is in `java`, and writes the
 * frames into the walk, if native frames are written. See spprof_native_frames_unwind_sigsafe for
 * the other parameters and the result. After BROKEN, the frame [unknown native code] is written. If
 * the walk has no room for more frames, the flag SPPROF_FLAG_TRUNCATED is set, and the result is
 * STOPPED.
 */
enum spprof_native_result spprof_native_stack_write_sigsafe(
    struct spprof_walk *walk, struct spprof_registers *registers, uint64_t stack_end,
    const struct spprof_native_wanted *java);

/* Returns whether native frames are written. Any thread may ask. */
bool spprof_native_stack_is_written_sigsafe(void);

#endif
