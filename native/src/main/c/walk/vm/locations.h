/*
 * The words of a walk (sample.h): frames one by one, and locations, which are addresses in compiled
 * code that stand for all the methods inlined there.
 *
 * What a location stands for is written down at the first sight of it, in the handler, as the code
 * may be gone when the sample is read, and is certainly there now. From then on it is a number,
 * found by the pc and the compilation's id in a table (table.h): warm, a frame costs the header of
 * its code, the table and the stack, and no debug information is read. DEFINE makes the number
 * known in the same record that first has it; only when that is in the ring does it go into the
 * table (`published`), so a number never comes before its definition.
 *
 * create and destroy: with no handler in flight. All others: from the handler.
 */
#ifndef SPPROF_VM_LOCATIONS_H
#define SPPROF_VM_LOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/vm/code.h"
#include "walk/vm/frames.h"
#include "walk/vm/methods.h"
#include "walk/walk.h"

/* Entries: a power of two. 0, -EINVAL or -ENOMEM. */
int spprof_locations_create(uint32_t entries);
void spprof_locations_destroy(void);
/* All locations; numbers begin anew. With no handler in flight. */
void spprof_locations_forget(void);

/* Whether that many words more are wanted. */
bool spprof_words_room_sigsafe(const struct spprof_walk *walk, uint32_t words);
/* Writes a frame. false if it makes no sense, or if its name found no room in the ring. */
bool spprof_words_frame_sigsafe(struct spprof_walk *walk, const struct spprof_method *method,
                                int32_t bci);

/*
 * Frames whose locations are known, one after the other, `most` of them at most: the fast way, for
 * a cursor at a return address that is in the table. The entry tells the code's header, and that
 * tells by the compilation's id whether the code is still the same: where other code lies now,
 * another number is there, of 32 bits. Stops at the first frame that is not known, with nothing
 * said about it. Returns how many they were.
 */
uint32_t spprof_locations_follow_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor,
                                         uint32_t most);

/* Writes the location of a compiled frame, with its DEFINE if it is new. 0, also when the walk is
 * full, or SPPROF_WALK_BROKEN_SCOPES. */
int spprof_locations_write_sigsafe(struct spprof_walk *walk, const struct spprof_code *code,
                                   const struct spprof_cursor *cursor);

/*
 * Whether `callee`, a method, is known to have been called from before `pc`, by code that is still
 * there; and to remember that it can be. `caller` is the code that `pc` is in, a method, too.
 */
bool spprof_locations_returns_sigsafe(uint64_t pc, const struct spprof_code *callee);
void spprof_locations_remember_return_sigsafe(uint64_t pc, const struct spprof_code *caller,
                                              const struct spprof_code *callee);

/* The walk's record is in the ring: remembers the locations that are new in it. */
void spprof_locations_published_sigsafe(const struct spprof_walk *walk);

#endif
