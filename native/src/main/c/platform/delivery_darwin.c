/*
 * Waits until threads have acted on the signals that they have taken. On macOS this is a fixed
 * time, because no call of the system shows it. The two steps of a delivery (delivery.h) are in
 * bsd_ast (kern_sig.c), on a thread's way out of the kernel. The step before them
 * is there, too: the expiry of ITIMER_PROF becomes a signal. The kernel can preempt a thread
 * between these steps. No call waits for such a thread: thread_suspend and thread_get_state return
 * as soon as the thread runs on no processor.
 */
#include "platform/delivery.h"

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
