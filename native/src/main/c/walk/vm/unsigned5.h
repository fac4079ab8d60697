/*
 * Reads the JVM's compressed numbers (unsigned5.hpp): up to five bytes in base 64, the lowest digit
 * first. A byte below 192 ends the number. Since JDK 20 the byte 0 is not used.
 *
 * Called from the handler.
 */
#ifndef SPPROF_VM_UNSIGNED5_H
#define SPPROF_VM_UNSIGNED5_H

#include <stdbool.h>
#include <stdint.h>

/* Reads the number at `*at` and advances `*at` behind it. Returns false if there is no valid
 * number. */
bool spprof_unsigned5_read_sigsafe(uint64_t *at, uint32_t *number);

#endif
