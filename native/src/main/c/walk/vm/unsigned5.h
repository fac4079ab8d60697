/*
 * The JVM's compressed numbers (unsigned5.hpp): up to five bytes of base 64, little digits first;
 * one below 192 ends the number. Since JDK 20 the byte 0 is not used.
 *
 * Called from the handler.
 */
#ifndef SPPROF_VM_UNSIGNED5_H
#define SPPROF_VM_UNSIGNED5_H

#include <stdbool.h>
#include <stdint.h>

/* Reads one at `*at`, and moves on behind it. false if there is none. */
bool spprof_unsigned5_read_sigsafe(uint64_t *at, uint32_t *number);

#endif
