#include "walk/vm/debug_info.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "walk/vm/layout.h"
#include "walk/vm/release.h"

static volatile bool *changed; /* the flag, if we changed it */

enum spprof_debug_info spprof_debug_info_begin(void) {
    volatile bool *flag =
        (volatile bool *)(uintptr_t)spprof_layout_flag(SPPROF_RELEASE_DEBUG_NON_SAFEPOINTS);
    if (flag == NULL) {
        return SPPROF_DEBUG_INFO_SAFEPOINTS;
    }
    if (*flag) {
        return SPPROF_DEBUG_INFO_EXACT;
    }
    *flag = true;
    changed = flag;
    return SPPROF_DEBUG_INFO_SINCE_SESSION;
}

void spprof_debug_info_end(void) {
    if (changed != NULL) {
        *changed = false;
        changed = NULL;
    }
}
