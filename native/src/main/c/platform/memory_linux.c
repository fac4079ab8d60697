#include <sys/uio.h>
#include <unistd.h>

#include "platform/memory.h"

bool spprof_memory_read_sigsafe(uint64_t address, void *value, size_t size) {
    struct iovec to = {.iov_base = value, .iov_len = size};
    struct iovec from = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size;
}
