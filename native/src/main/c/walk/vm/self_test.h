/*
 * Tests whether the walker can be trusted in this JVM. The test reads the stack of the calling
 * thread with the walker. The result must equal JVMTI's stack trace, frame by frame, including the
 * byte code indices. This also verifies the assumptions about HotSpot for which the JVM exports no
 * values (layout.h).
 *
 * Called by the thread that starts a session, never in a signal handler. The stack of this thread
 * has Java frames, because Java code starts sessions.
 */
#ifndef SPPROF_VM_SELF_TEST_H
#define SPPROF_VM_SELF_TEST_H

#include <jni.h>

#include "platform/platform.h"
#include "walk/walk.h"

/* Returns 0, or -ENOSYS with the reason in `why`. */
int spprof_vm_self_test(JNIEnv *jni, const struct spprof_engine *engine,
                        const struct spprof_walker *walker, char *why, uint64_t size);

#endif
