/*
 * Reads memory of this process that may not be mapped, by a system call that a signal handler may
 * make. Only Linux has such a call, process_vm_readv; a sandbox can forbid it.
 */
#ifndef SPPROF_MEMORY_H
#define SPPROF_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns false if the memory is not mapped, or if the system has or allows no such call. */
bool spprof_memory_read_sigsafe(uint64_t address, void *value, size_t size);

#endif
