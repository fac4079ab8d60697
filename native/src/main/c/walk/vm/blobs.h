/*
 * Checks that the walker recognises the code blobs of this JVM. A code blob is HotSpot's unit of
 * generated code: a compiled method, a stub, an adapter. The walker recognises a blob by its name
 * in release.h, or by its kind where the JVM publishes kinds. Without this check, a release that
 * renames a blob would show only in stacks that end with `[broken: …]`, or that are wrong.
 *
 * Some blobs exist from the JVM's start, also with -Xint. Others, which only code from C1 or only
 * code from C2 needs, exist as soon as the code heaps contain a method that this compiler compiled.
 * Every blob of these two groups must be found. A blob that the JVM creates when it first needs it
 * (a vtable stub, an upcall stub) may be missing.
 *
 * Called by the thread that starts a session, after the layout (layout.h) is read, while guarded
 * loads work (guard.h); never in a signal handler. Other threads create and free blobs meanwhile.
 */
#ifndef SPPROF_VM_BLOBS_H
#define SPPROF_VM_BLOBS_H

#include <stdint.h>

/*
 * Returns 0 if every blob that must exist is found. Otherwise, `why` names those that are missing:
 * the result is 0 if only rare frames need them, so that the walker can be used, and -ENOSYS if
 * not. `why` is "" if no blob is missing.
 */
int spprof_blobs_check(char *why, uint64_t size);

#endif
