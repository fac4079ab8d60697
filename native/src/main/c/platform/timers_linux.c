/*
 * Reads /proc/self/timers. Each timer has some lines "name: value", of which two are used:
 *
 *   signal: 27/0000000000000000     the signal's number / the value that the signal carries
 *   notify: signal/tid.4711         the kind of notification / its target; only the kind "signal"
 *                                   sends a signal
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "platform/timers.h"

int spprof_timers_that_send(int signal) {
    FILE *file = fopen("/proc/self/timers", "re");
    if (file == NULL) {
        return -errno;
    }
    char line[128];
    int count = 0, number = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "signal: %d/", &number) != 1 &&
            strncmp(line, "notify: signal/", strlen("notify: signal/")) == 0) {
            count += number == signal;
        }
    }
    int error = ferror(file) ? -EIO : 0;
    fclose(file);
    return error != 0 ? error : count;
}
