/*
 * Waits until every thread that has taken a profiling signal has also read the signal's action
 * (delivery.h says why).
 *
 * A thread takes a signal and reads its action with interrupts off throughout. membarrier
 * interrupts every processor that runs a thread of this process, and returns when each of them has
 * taken the interrupt. By then, every thread that was between the two steps has finished them. A
 * thread that does not run is not between them, because it cannot be preempted while interrupts are
 * off. (A lock of the kernel would not do instead: for the signal of a POSIX timer, dequeue_signal
 * releases the siglock between the two steps, while it rearms the timer.)
 *
 * Two cases need another wait:
 * - A kernel with PREEMPT_RT leaves interrupts on. A kernel older than 4.14 has no membarrier, and
 * a sandbox can forbid it. The wait is then a fixed time (PATIENCE_MS).
 * - A debugger stops a traced thread between the two steps. The wait then watches each thread until
 * it has left this point (await_debugger).
 */
#include "base/clock.h"
#include "platform/delivery.h"
#include "platform/thread_clock_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The fixed wait in ms. It is longer than the scheduler keeps a runnable thread waiting, unless the
 * machine is overloaded. */
#define PATIENCE_MS 20

static int64_t now_ms(void) {
    return (int64_t)(spprof_clock_ns_sigsafe(CLOCK_MONOTONIC) / SPPROF_NS_PER_MS);
}

static void sleep_ms(long ms) {
    struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

/* Calls membarrier. Returns 0 or -errno. Keeps errno. */
static int membarrier(int command) {
    int before = errno;
    int error = syscall(SYS_membarrier, command, 0, 0) == 0 ? 0 : -errno;
    errno = before;
    return error;
}

/* Interrupts every processor that runs a thread of this process. Returns 0 or -errno. The kernel
 * returns EPERM to a process that has not registered; a forked child is not registered. */
static int interrupt_all_processors(void) {
    int error = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    if (error == -EPERM) {
        error = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
        error = error == 0 ? membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) : error;
    }
    return error;
}

/* Returns whether this is a kernel with PREEMPT_RT. Its spinlocks are mutexes, whose holders and
 * waiters can be preempted. */
static bool is_realtime_kernel(void) {
    struct utsname name;
    return uname(&name) == 0 && (strstr(name.version, "PREEMPT_RT") != NULL ||
                                 strstr(name.version, "PREEMPT RT") != NULL);
}

int spprof_delivery_problem(void) {
    int error = interrupt_all_processors();
    return error != 0 ? error : is_realtime_kernel() ? SPPROF_DELIVERY_REALTIME : 0;
}

/*
 * Returns the number, or the letter, after `key` in a file of /proc with the format of `status`; -1
 * if the file has no such key.
 */
static long status_of(const char *path, const char *key, bool letter) {
    static char text[8192]; /* under the lock; the masks of processors are long on big machines */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) {
        close(fd);
    }
    text[n < 0 ? 0 : n] = '\0';
    const char *line = strstr(text, key);
    if (line == NULL) {
        return -1;
    }
    line += strlen(key);
    return letter ? *line : strtol(line, NULL, 10);
}

/* Returns the CPU time of a thread, ns; -1 if the thread is gone. */
static int64_t cpu_ns_of(long tid) {
    uint64_t ns = 0;
    clockid_t clock = spprof_thread_clock_sigsafe((uint64_t)tid);
    return spprof_clock_read_sigsafe(clock, &ns) == 0 ? (int64_t)ns : -1;
}

/*
 * Waits until a thread has left the point at which a debugger may have held it at a signal. The
 * thread has left this point if it is gone, sleeps, is in a later stop, or has run for a thousand
 * times as long as the way from this point to the action takes. A thread that the debugger has
 * released, and that waits for a processor, fulfils none of these conditions. Returns 0 or -EBUSY.
 */
static int await_thread(long tid, int64_t deadline) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/status", tid);
    int64_t cpu = cpu_ns_of(tid);
    long first_stop = -1;
    for (bool first = true;; first = false) {
        long state = status_of(path, "\nState:\t", true);
        int64_t now = cpu_ns_of(tid);
        if (state < 0 || now < 0 || state == 'S') {
            return 0;
        }
        if (state == 't') {
            /* A debugger that traces system calls stops a thread again and again. The number of
             * context switches distinguishes the stops. */
            long stop = status_of(path, "\nvoluntary_ctxt_switches:\t", false);
            if (!first && stop != first_stop) {
                return 0;
            }
            first_stop = stop;
            cpu = now;
        } else if (now - cpu >= 1000000) {
            return 0;
        }
        if (now_ms() >= deadline) {
            return -EBUSY;
        }
        sleep_ms(1);
    }
}

/* Waits for every other thread of a process that is traced. The kernel stops a traced thread for
 * its debugger after the thread has taken a signal and before it reads the action. Returns 0 or
 * -errno. */
static int await_debugger(int64_t deadline) {
    DIR *tasks = opendir("/proc/self/task");
    if (tasks == NULL) {
        return -errno;
    }
    int error = 0;
    long self = (long)syscall(SYS_gettid);
    struct dirent *entry;
    while (error == 0 && (entry = readdir(tasks)) != NULL) {
        long tid = strtol(entry->d_name, NULL, 10); /* 0 for "." and ".." */
        if (tid > 0 && tid != self) {
            error = await_thread(tid, deadline);
        }
    }
    closedir(tasks);
    return error;
}

int spprof_delivery_await(uint32_t deadline_ms) {
    int error = 0;
    if (status_of("/proc/self/status", "\nTracerPid:\t", false) > 0) {
        error = await_debugger(now_ms() + deadline_ms);
    }
    /* This call is the wait: membarrier returns when it has interrupted all processors. */
    if (spprof_delivery_problem() != 0) {
        sleep_ms(PATIENCE_MS);
    }
    return error;
}
