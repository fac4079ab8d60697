/*
 * On macOS, a handler cannot read memory that may not be mapped, so this read always fails. The
 * only call for it, mach_vm_read_overwrite, sends a message and waits for the answer at a port. A
 * handler must not do this: the thread may have been interrupted while it waited at the same port
 * for the answer to another message, and one would get the other's answer.
 */
#include "platform/memory.h"

bool spprof_memory_read_sigsafe(uint64_t address, void *value, size_t size) {
    (void)address, (void)value, (void)size;
    return false;
}
