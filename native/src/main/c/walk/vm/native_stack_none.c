/* Replaces native_stack.c on systems whose native frames have no call frame information. */
#include "walk/vm/native_stack.h"

int spprof_native_stack_create(const struct spprof_walker_config *config) {
    (void)config;
    return 0;
}

void spprof_native_stack_destroy(void) {
}

void spprof_native_stack_forget(void) {
}

bool spprof_native_stack_is_written_sigsafe(void) {
    return false;
}

enum spprof_native_result spprof_native_stack_write_sigsafe(
    struct spprof_walk *walk, struct spprof_registers *registers, uint64_t stack_end,
    const struct spprof_native_wanted *java) {
    return spprof_native_frames_unwind_sigsafe(registers, walk->ucontext, stack_end, java);
}
