/*
 * On macOS both steps, and the one before them, in which the expiry of ITIMER_PROF becomes a
 * signal, lie in bsd_ast (kern_sig.c), on a thread's way out of the kernel. A thread can be
 * switched out there, and no call waits for such a thread: thread_suspend and thread_get_state
 * return as soon as it is on no processor. So the wait is a fixed time.
 */
#include "delivery.h"

#include <errno.h>
#include <time.h>

int spprof_delivery_problem(void) {
    return 0;
}

int spprof_delivery_await(uint32_t deadline_ms) {
    (void)deadline_ms;
    struct timespec rest = {.tv_nsec = 1000000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
    return 0;
}
