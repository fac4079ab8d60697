/*
 * The line numbers of a method, from behind its byte code (compressedStream in constMethod.hpp): a
 * byte with 5 bits of byte codes and 3 of lines beyond the last pair; or 0xff and two signed,
 * compressed numbers; 0 is the end.
 *
 * Called from the handler, for a method that is on the interrupted thread's stack.
 */
#ifndef SPPROF_VM_LINES_H
#define SPPROF_VM_LINES_H

#include <stdint.h>

#include "walk/vm/methods.h"

/* Pairs that are kept of a method; more of them are left out. */
#define SPPROF_MAX_LINES 2048

/*
 * Writes the pairs, byte code index << 16 | line number, in the order of the class file, up to
 * `most` of them; with NULL it only counts. Returns how many they are; 0 also if they make no
 * sense.
 */
uint32_t spprof_lines_read_sigsafe(const struct spprof_method *method, uint32_t *lines,
                                   uint32_t most);

#endif
