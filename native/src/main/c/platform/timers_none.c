/* macOS: no list, and no POSIX timers either. */
#include <errno.h>

#include "timers.h"

int spprof_timers_that_send(int signal) {
    (void)signal;
    return -ENOTSUP;
}
