/*
 * Remembers what was found out about a frame of native code, by the address of its instruction:
 * the number of its function in the profile, and the rule by which it was left (call_frame.h).
 * Finding both out takes a search among the functions of the library and the reading of a little
 * program, hundreds of loads. To find a remembered frame again takes few loads: one entry of this
 * table, and two words in the library's memory, which show whether the library is still in place
 * (library_numbers.h).
 *
 *   entry    | key, u64 | library, u32 : number, u32 | rule, u64 | sum, u64 |
 *
 * The table is a cache: a key has one place, and a new entry replaces the one that was there.
 * Handlers write and read concurrently, without a lock: `sum` is a checksum of the other words, so
 * an entry that two handlers have written in parts is not found.
 *
 * A library can be unloaded, and another one loaded in its place. So a found entry counts only
 * while its library is in place.
 *
 * create, destroy and clear: called with no handler in flight. find and put: called from the
 * handler.
 */
#ifndef SPPROF_KNOWN_FRAMES_H
#define SPPROF_KNOWN_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

struct spprof_known_frame {
    uint32_t library; /* of spprof_library_number_sigsafe */
    uint32_t number;  /* of the function; not 0 */
    uint64_t rule;    /* of call_frame.h; not 0 */
};

/* `entries` is a power of two, or 0: then nothing is remembered. Returns 0, -EINVAL or -ENOMEM. */
int spprof_known_frames_create(uint32_t entries);
void spprof_known_frames_destroy(void);
void spprof_known_frames_clear(void);

/* `pc` is within the frame's function: where the thread was interrupted, or the last byte of the
 * call. */
bool spprof_known_frames_find_sigsafe(uint64_t pc, struct spprof_known_frame *frame);
void spprof_known_frames_put_sigsafe(uint64_t pc, const struct spprof_known_frame *frame);

#endif
