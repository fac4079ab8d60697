/*
 * Reads the line numbers of a method, which follow its byte code in memory (compressedStream in
 * constMethod.hpp). The table is a sequence of pairs of a byte code index and a line. Each pair is
 * stored as the difference from the pair before. A pair is one byte with 5 bits for the index and 3
 * bits for the line, or 0xff and two signed compressed numbers. The byte 0 ends the table.
 *
 * Called from the handler, for a method that is on the interrupted thread's stack.
 */
#ifndef SPPROF_VM_LINES_H
#define SPPROF_VM_LINES_H

#include <stdint.h>

/* The greatest number of pairs that are kept of a method; further pairs are left out. */
#define SPPROF_MAX_LINES 2048

/*
 * Writes up to `most` pairs, byte code index << 16 | line number, in the order of the class file.
 * With NULL it only counts. Returns the number of pairs; 0 also if the table is invalid. The
 * method's byte code has `code_size` bytes at `code_begin`.
 */
uint32_t spprof_lines_read_sigsafe(uint64_t code_begin, uint32_t code_size, uint32_t *lines,
                                   uint32_t most);

#endif
