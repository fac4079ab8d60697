/*
 * Gives each library a number in the profile, and sees whether a library is still the one that got
 * the number. Libraries are loaded and unloaded while a session samples, and another library can be
 * loaded where one was.
 *
 * When a walk finds a library for the first time, the handler writes its path, its load bias and
 * its build id into the ring (LIBRARY in sample.h). All are read from memory, with guarded loads.
 * For each number, the addresses of two words in the library's read-only memory are kept, and what
 * they contained. As long as they contain the same, the library of the number is taken to be in
 * place:
 *
 *   the library has    the words
 *   a build id         its first 16 bytes: no other file has these
 *   no build id        two entries of its table of call frame information, the middle one and the
 *                      last one: each is the distance of a function and of its information from the
 *                      table. A change in size of any function before them changes the entries
 *   neither            one word, the offset of the section headers, from the header of the file: it
 *                      is nearly the size of the file
 *
 * Without a build id, another build of a library can have the same words. If it is loaded at the
 * same address, its functions get the numbers, and so the names, of the first one.
 *
 * create, destroy and forget: called with no handler in flight. All others: called from the
 * handler.
 */
#ifndef SPPROF_LIBRARY_NUMBERS_H
#define SPPROF_LIBRARY_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "walk/libraries.h"

/* How many libraries can have a number. If half of them are in use, all are forgotten. */
#define SPPROF_MOST_LIBRARY_NUMBERS 1024

/* `ring` receives the records. */
void spprof_library_numbers_create(struct spprof_ring *ring);
void spprof_library_numbers_destroy(void);
/* Forgets all numbers, and restarts the numbering at 1. */
void spprof_library_numbers_forget(void);

/* Returns the number of a library that contains code of this thread's stack. Returns 0 if all
 * numbers are in use, or if the ring has no room for the record, which sets `*ring_full`. */
uint32_t spprof_library_number_sigsafe(const struct spprof_library *library, bool *ring_full);

/* Returns whether the library of a number is in place. `number` is a result of the function
 * above since the last forget. */
bool spprof_library_is_there_sigsafe(uint32_t number);

#endif
