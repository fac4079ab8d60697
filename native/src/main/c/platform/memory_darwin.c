/*
 * macOS reads memory for a process by messages only (mach_vm_read_overwrite). A handler must not
 * send one: the thread may have been interrupted while it waited for the answer to another message,
 * at the same port.
 */
#include "platform/memory.h"

bool spprof_memory_read_sigsafe(uint64_t address, void *value, size_t size) {
    (void)address, (void)value, (void)size;
    return false;
}
