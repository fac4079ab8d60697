/*
 * Fetches into the processor's caches what a walk is about to read. Between two signals the
 * application takes the caches, so the walk has to wait for memory. What it reads next is known
 * only after it has read the entry of a frame: the frame's size shows where the next frame is. So
 * the waits would come one after the other.
 *
 * But all return addresses are on the stack, and the stack can be read before: its part above sp in
 * one go. For each word that could be a return address into compiled code, the walk begins to fetch
 * the entry of the location, and for one into the interpreter, what belongs to the method of the
 * frame. Fetching is without effect on what a walk finds. A word that only looks like a return
 * address costs a fetch.
 *
 * Called from the handler, on the interrupted thread.
 */
#ifndef SPPROF_VM_AHEAD_H
#define SPPROF_VM_AHEAD_H

#include <stdint.h>

#include "walk/cpu/cursor.h"

/* The next part is due when no more than so many bytes of the last one are left above sp. */
#define SPPROF_AHEAD_LEAST 512

/* Looks at the next part of the stack, from `from` on. Returns the end of that part. */
uint64_t spprof_ahead_fetch_sigsafe(const struct spprof_cursor *cursor, uint64_t from);

/* Looks at the next part of the stack if that is due. `until` is the end of the part that was
 * looked at last; 0 at first. Returns the new end. */
static inline uint64_t spprof_ahead_sigsafe(const struct spprof_cursor *cursor, uint64_t until) {
    return cursor->sp + SPPROF_AHEAD_LEAST < until || until >= cursor->high ||
                   !spprof_cursor_on_stack_sigsafe(cursor, cursor->sp)
               ? until
               : spprof_ahead_fetch_sigsafe(cursor, until > cursor->sp ? until : cursor->sp);
}

#endif
