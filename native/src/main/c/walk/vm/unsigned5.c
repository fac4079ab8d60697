#include "walk/vm/unsigned5.h"

#include "walk/guard.h"
#include "walk/vm/layout.h"

bool spprof_unsigned5_read_sigsafe(uint64_t *at, uint32_t *number) {
    uint32_t excluded = spprof_layout.excluded_bytes;
    uint32_t sum = 0;
    for (int i = 0; i < 5; i++) {
        uint8_t byte;
        if (!spprof_load8_sigsafe((*at)++, &byte) || byte < excluded) {
            return false;
        }
        sum += (byte - excluded) << (6 * i);
        if (byte < 192) {
            break;
        }
    }
    *number = sum;
    return true;
}
