/* Implements timers.h for macOS, which has no POSIX timers and no list of them. */
#include <errno.h>

#include "platform/timers.h"

int spprof_timers_that_send(int signal) {
    (void)signal;
    return -ENOTSUP;
}
