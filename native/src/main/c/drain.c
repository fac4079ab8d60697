#include "drain.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "gate.h"
#include "platform/platform.h"
#include "threads.h"

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_until_nobody_is_in_flight(uint32_t deadline_ms) {
    for (int i = 0; i < 1000; i++) {
        if (spprof_gate_in_flight() == 0) {
            return 0;
        }
    }
    int64_t deadline = now_ms() + deadline_ms;
    for (int i = 0; spprof_gate_in_flight() != 0; i++) {
        if (now_ms() >= deadline) {
            return -ETIMEDOUT;
        }
        if (i < 100) {
            sched_yield();
        } else {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
    return 0;
}

/* Installs `action` if the handler there is ours, or the SIG_IGN of an earlier try. */
static int replace_ours(struct spprof_drain *drain, const struct sigaction *action) {
    struct sigaction found;
    if (sigaction(drain->signal, NULL, &found) != 0) {
        return -errno;
    }
    bool ours = (found.sa_flags & SA_SIGINFO) != 0 ? found.sa_sigaction == drain->ours.sa_sigaction
                                                   : found.sa_handler == SIG_IGN;
    if (!ours) {
        drain->replaced = true;
        return 0;
    }
    return sigaction(drain->signal, action, NULL) == 0 ? 0 : -errno;
}

static int close_gate_and_drain(struct spprof_drain *drain) {
    /* 2. A handler that enters from here on counts itself as late and does nothing. */
    spprof_gate_close();

    /*
     * 3. No timer is left to send anything, and none is born: who makes timers asks the gate under
     * the lock that this takes. Before step 4, as the kernel (Linux 6.13 and later) parks an
     * ignored signal of a living timer and sends it once the signal is no longer ignored.
     */
    spprof_threads_disarm();

    /* 4. What is pending on any thread, blocked or not, is discarded by the kernel (POSIX:
     * SIG_IGN). */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    int error = replace_ours(drain, &ignore);
    if (error == 0) {
        /* And, for what a system kept all the same, the caller's own. */
        error = spprof_platform_drain_pending(drain->signal);
    }
    /* A child that is started now would inherit SIG_IGN for its life: ours, which is inert, stands
     * in. */
    if (error == 0) {
        error = replace_ours(drain, &drain->ours);
    }

    /* 5. Handlers that entered before are done; their records are complete. */
    if (error == 0) {
        error = wait_until_nobody_is_in_flight(drain->deadline_ms);
    }

    /* 6. With nothing pending, nothing armed and nobody inside, even SIG_DFL, which kills, is safe.
     */
    return error == 0 ? replace_ours(drain, &drain->before) : error;
}

int spprof_drain(struct spprof_drain *drain) {
    drain->replaced = false;
    sigset_t set, mask;
    sigemptyset(&set);
    sigaddset(&set, drain->signal);

    /* 1. The caller itself is not interrupted half-way, and can take what is pending for it. */
    int error = pthread_sigmask(SIG_BLOCK, &set, &mask);
    if (error != 0) {
        return -error;
    }
    error = close_gate_and_drain(drain);

    /* 7. */
    int unmask_error = pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return error != 0 ? error : -unmask_error;
}
