/*
 * Reads HotSpot's compressed numbers (UNSIGNED5, unsigned5.hpp): one to five bytes. The value is
 * the sum of the bytes, each with its whole value, the first times 1, the second times 64, the
 * third times 64 x 64, and so on. The number ends with a byte below 192, or with the fifth. Since
 * JDK 20 no byte is 0: each is stored as one more than it counts.
 *
 * Called from the handler. Loads are guarded (guard.h).
 */
#ifndef SPPROF_VM_UNSIGNED5_H
#define SPPROF_VM_UNSIGNED5_H

#include <stdbool.h>
#include <stdint.h>

/* Reads the number at `*at` and advances `*at` behind it. Returns false if there is no valid
 * number. */
bool spprof_unsigned5_read_sigsafe(uint64_t *at, uint32_t *number);

#endif
