/*
 * Checks that the walker recognises the code blobs of this JVM. It knows them by the names in
 * release.h, or by their kinds where the JVM publishes these. A release that renames a blob would
 * otherwise be noticed only by stacks that end with `[broken: …]`, or are wrong.
 *
 * Some blobs exist from the JVM's start, in all modes. Others exist when the code heaps contain a
 * method of the compiler that needs them. Each of these must be found. A blob that the JVM creates
 * when it first needs it (a vtable stub, an upcall stub) is not demanded.
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
