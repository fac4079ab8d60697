/*
 * Evaluates expressions of call frame information, which compute where a register was saved (DWARF
 * 4, 2.5). Supports the operations that linkers emit for .plt and that the C library uses for its
 * signal frames.
 *
 * Called by call_frame.c, in the handler. Loads are guarded (guard.h).
 */
#ifndef SPPROF_DWARF_EXPRESSION_H
#define SPPROF_DWARF_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Evaluates the expression whose length is at `at`. `registers` are indexed by their DWARF numbers.
 * `first` is the initial value on the stack, unless it is 0. Returns false if the expression cannot
 * be read or has an unsupported operation. Signal-safe.
 */
bool spprof_dwarf_evaluate_sigsafe(uint64_t at, const uint64_t *registers, uint64_t first,
                                   uint64_t *result);

#endif
