/*
 * Expressions of call frame information (DWARF 4, 2.5): of them what linkers write for .plt, and
 * the C library for its signal frames.
 */
#ifndef SPPROF_DWARF_EXPRESSION_H
#define SPPROF_DWARF_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The value of the expression whose length is at `at`. `registers` by their DWARF numbers; `first`
 * is on the stack at the beginning, unless it is 0. False where it cannot be read, or has an
 * operation that is not known. Signal-safe.
 */
bool spprof_dwarf_evaluate_sigsafe(uint64_t at, const uint64_t *registers, uint64_t first,
                                   uint64_t *result);

#endif
