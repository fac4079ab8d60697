/*
 * From /proc/self/timers; a timer is some lines of "name: value", of which these two count:
 *
 *   signal: 27/0000000000000000     its number / what it carries
 *   notify: signal/tid.4711         how / whom; only "signal" sends one
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "timers.h"

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
