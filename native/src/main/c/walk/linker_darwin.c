/*
 * Asks dyld, macOS's dynamic linker, which libraries are loaded, where they are, and whether the
 * list has changed (linker.h). dyld must not be called in a signal handler; so a handler gets no
 * answer, and uses the list that was made before. The headers of libraries are read with guarded
 * loads (guard.h), because a library can be unloaded meanwhile.
 */
#include "walk/linker.h"

#include <mach-o/dyld.h>

#include "walk/mach_o.h"

static uint64_t header_of(uint32_t image) {
    return (uintptr_t)_dyld_get_image_header(image);
}

/* dyld has no counter that can be read, so the addresses of all libraries stand for it. */
void spprof_linker_changes(struct spprof_linker_changes *changes) {
    *changes = (struct spprof_linker_changes){_dyld_image_count(), 0};
    for (uint32_t i = 0; i < changes->first; i++) {
        changes->second = changes->second * 31 + header_of(i);
    }
}

void spprof_linker_list(bool (*add)(void *to, const struct spprof_library *library), void *to) {
    uint32_t count = _dyld_image_count();
    for (uint32_t i = 0; i < count; i++) {
        struct spprof_library library;
        if (spprof_mach_o_read(header_of(i), &library)) {
            library.path = (uintptr_t)_dyld_get_image_name(i);
            if (!add(to, &library)) {
                return;
            }
        }
    }
}

bool spprof_linker_can_be_asked(void) {
    return false;
}

bool spprof_linker_ask_sigsafe(uint64_t pc, struct spprof_library *library) {
    (void)pc, (void)library;
    return false;
}
