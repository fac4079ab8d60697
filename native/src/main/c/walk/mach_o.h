/*
 * Finds where a library's code is, from the library's header in memory, in the format of macOS
 * (mach-o/loader.h of Apple's cctools). The reading needs nothing of macOS, so Linux tests it.
 * Called between guard.h's install and remove.
 */
#ifndef SPPROF_MACH_O_H
#define SPPROF_MACH_O_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/linker.h"

/* Finds where the code of a library is, whose header is at `header`. The library's table of call
 * frame information stays empty. Returns false if no header of a 64-bit library is there. */
bool spprof_mach_o_read(uint64_t header, struct spprof_library *library);

#endif
