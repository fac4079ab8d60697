/*
 * Writes the stack words of a walk (sample.h): single frames, and locations. A location is an
 * address in compiled code; it stands for all the methods inlined there.
 *
 * When a walk finds a location for the first time, the handler itself writes the methods for which
 * the location stands. At that moment the code exists for certain; when the sample is read, the
 * code may be gone. From then on the location is a number in a table (table.h), looked up by the pc
 * and the compilation's id. To walk a frame with a known location, a walk reads the header of the
 * frame's code, the table and the stack, but no debug information.
 *
 * A DEFINE word defines the number, in the same record in which the number first occurs.
 * `published` puts the number into the table after this record is in the ring. A number therefore
 * never comes before its definition.
 *
 * create, destroy and forget: called with no handler in flight. All others: called from the
 * handler.
 */
#ifndef SPPROF_VM_LOCATIONS_H
#define SPPROF_VM_LOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/cpu/cursor.h"
#include "walk/vm/code.h"
#include "walk/vm/methods.h"
#include "walk/walk.h"

/* `entries` is a power of two. Returns 0, -EINVAL or -ENOMEM. */
int spprof_locations_create(uint32_t entries);
void spprof_locations_destroy(void);
/* Forgets all locations, and restarts their numbering at 1. */
void spprof_locations_forget(void);

/* Returns whether the walk has room for `words` more stack words. */
bool spprof_words_room_sigsafe(const struct spprof_walk *walk, uint32_t words);
/* Writes a frame. Returns false if `method` is invalid, or if the ring has no room for its name. */
bool spprof_words_frame_sigsafe(struct spprof_walk *walk, const struct spprof_method *method,
                                int32_t bci);

/* Begins to fetch the table's entry of a return address. */
void spprof_locations_fetch_sigsafe(uint64_t pc);
/* Begins to fetch the header of the code, if the address is in the table. */
void spprof_locations_fetch_code_sigsafe(uint64_t pc);

/*
 * Walks successive frames whose locations are in the table, at most `most` of them, while sp
 * is below `until`. This is the fast path, for a cursor at a return address. The table's entry
 * gives the address of the code's header. The header contains the compilation's id, a number of 32
 * bits: if other code is there now, the id differs from the entry's. Stops at the first frame that
 * is not in the table, and writes nothing for that frame. Returns the number of frames walked.
 */
uint32_t spprof_locations_follow_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor,
                                         uint32_t most, uint64_t until);

/* Writes the location of a compiled frame, with its DEFINE if the location is new. Returns 0, also
 * if the walk is full, or SPPROF_WALK_BROKEN_SCOPES. */
int spprof_locations_write_sigsafe(struct spprof_walk *walk, const struct spprof_code *code,
                                   const struct spprof_cursor *cursor);

/*
 * Returns whether the table records that the call before `pc` can call `callee`, a compiled method,
 * and both codes are still there. remember_return puts this into the table. `caller` is the code
 * that contains `pc`, a compiled method, too.
 */
bool spprof_locations_returns_sigsafe(uint64_t pc, const struct spprof_code *callee);
void spprof_locations_remember_return_sigsafe(uint64_t pc, const struct spprof_code *caller,
                                              const struct spprof_code *callee);

/* Called when the walk's record is in the ring. Puts the record's new locations into the table. */
void spprof_locations_published_sigsafe(const struct spprof_walk *walk);

#endif
