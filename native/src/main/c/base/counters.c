#include "base/counters.h"

#include <string.h>

struct spprof_counters spprof_counters;

void spprof_counters_reset(void) {
    memset(&spprof_counters, 0, sizeof spprof_counters);
}
