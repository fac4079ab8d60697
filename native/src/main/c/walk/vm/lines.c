#include "walk/vm/lines.h"

#include <stdbool.h>
#include <stddef.h>

#include "walk/guard.h"
#include "walk/vm/layout.h"
#include "walk/vm/unsigned5.h"

#define ESCAPE 0xff

static bool read_signed_sigsafe(uint64_t *at, int32_t *number) {
    uint32_t value;
    if (!spprof_unsigned5_read_sigsafe(at, &value)) {
        return false;
    }
    *number = (int32_t)(value >> 1 ^ -(value & 1)); /* the lowest bit is the sign */
    return true;
}

uint32_t spprof_lines_read_sigsafe(uint64_t code_begin, uint32_t code_size, uint32_t *lines,
                                   uint32_t most) {
    uint64_t at = code_begin + code_size;
    uint64_t flags_at = code_begin - spprof_layout.const_size + spprof_layout.const_flags;
    uint16_t flags;
    if (!spprof_load16_sigsafe(flags_at, &flags) || (flags & spprof_layout.const_has_lines) == 0) {
        return 0;
    }
    int32_t bci = 0, line = 0;
    for (uint32_t count = 0; count < most; count++) {
        uint8_t byte;
        int32_t bci_more, line_more;
        if (!spprof_load8_sigsafe(at++, &byte)) {
            return 0;
        }
        if (byte == 0) {
            return count;
        }
        if (byte != ESCAPE) {
            bci_more = byte >> 3;
            line_more = byte & 7;
        } else if (!read_signed_sigsafe(&at, &bci_more) || !read_signed_sigsafe(&at, &line_more)) {
            return 0;
        }
        bci += bci_more;
        line += line_more;
        if (bci < 0 || bci >= (int32_t)code_size || line < 0 || line > 0xffff) {
            return 0;
        }
        if (lines != NULL) {
            lines[count] = (uint32_t)bci << 16 | (uint32_t)line;
        }
    }
    return most;
}
