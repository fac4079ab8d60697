/*
 * Tests whether the walker can be trusted in this JVM. The layout must be complete. The walker's
 * result for the calling thread must equal JVMTI's stack trace, frame by frame, including the byte
 * code indices. This also verifies the assumptions about what this JVM does not publish (layout.h).
 *
 * Called by an ordinary thread that came from Java code.
 */
#ifndef SPPROF_VM_SELF_TEST_H
#define SPPROF_VM_SELF_TEST_H

#include <jni.h>

#include "walk/cpu/cpu.h"
#include "walk/walk.h"

/* Returns 0, or -ENOSYS with the reason in `why`. */
int spprof_vm_self_test(JNIEnv *jni, const struct spprof_engine *engine,
                        const struct spprof_walker *walker, char *why, uint64_t size);

/* The walk of walk_vm.c, started from given registers. A thread in native code needs no
 * ucontext. */
void spprof_walk_from_sigsafe(struct spprof_walk *walk, struct spprof_registers *registers);

#endif
