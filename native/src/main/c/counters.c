#include "counters.h"

struct spprof_counters spprof_counters;
