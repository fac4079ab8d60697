/*
 * Whether the walker can be trusted in this JVM: the layout is all there, and the stack of the
 * calling thread, read by the walker, is frame by frame what JVMTI says that it is, with the byte
 * codes. What this JVM does not publish (layout.h) is so held against what it does.
 *
 * On an ordinary thread that came from Java code.
 */
#ifndef SPPROF_VM_SELF_TEST_H
#define SPPROF_VM_SELF_TEST_H

#include <jni.h>

#include "walk/cpu/cpu.h"
#include "walk/walk.h"

/* 0, or -ENOSYS with the reason in `why`. */
int spprof_vm_self_test(JNIEnv *jni, const struct spprof_engine *engine,
                        const struct spprof_walker *walker, char *why, uint64_t size);

/* walk_vm.c's walk, from given registers; a thread in native code needs no ucontext. */
void spprof_walk_from_sigsafe(struct spprof_walk *walk, struct spprof_registers *registers);

#endif
