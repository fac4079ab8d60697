/*
 * The engine ctimer for Linux: it makes the sampling signals with one POSIX timer for each thread,
 * on the thread's CPU clock. The signal of a timer goes to its thread.
 *
 * The timer's value is a ticket: the number of the session and of the thread's slot (slots.h). The
 * handler therefore finds the slot without a search, and recognizes signals of other timers. The
 * kernel checks CPU timers at its tick. If more than one expiry was due at a tick, the further
 * expiries arrive as the signal's overruns. The functions are in the same order as those of
 * darwin.c.
 *
 * The calls for timers use system call numbers, because the C library's timer_t is not always the
 * kernel's id.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "platform/delivery.h"
#include "platform/platform.h"
#include "platform/thread_clock_linux.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define MOST_PENDING 1000

static struct timespec to_timespec_sigsafe(uint64_t ns) {
    return (struct timespec){.tv_sec = (time_t)(ns / SPPROF_NS_PER_S),
                             .tv_nsec = (long)(ns % SPPROF_NS_PER_S)};
}

static uint64_t thread_id_sigsafe(void) {
    return (uint64_t)syscall(SYS_gettid);
}

static uint64_t thread_id_of_vm(uint64_t field) {
    return field;
}

static int thread_cpu_ns(uint64_t id, uint64_t *ns) {
    return spprof_clock_read_sigsafe(spprof_thread_clock_sigsafe(id), ns);
}

/*
 * Reads a file of a thread, at most `size` - 1 bytes. The system calls are made directly, because
 * the functions of the C library are cancellation points.
 */
static int read_task(uint64_t id, const char *file, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", (int)id, file);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    long n = syscall(SYS_read, fd, text, size - 1);
    int error = n < 0 ? -errno : 0;
    syscall(SYS_close, fd);
    text[n < 0 ? 0 : n] = '\0';
    return error;
}

/*
 * Reads the fields of /proc/self/task/TID/schedstat: time run, time waited, and number of
 * timeslices. All three are 0 for a thread that has not run, and on a kernel without the figures.
 */
static int thread_wait_ns(uint64_t id, uint64_t *ns) {
    char text[96];
    int error = read_task(id, "schedstat", text, sizeof text);
    if (error != 0) {
        return error;
    }
    unsigned long long run, wait, slices;
    if (sscanf(text, "%llu %llu %llu", &run, &wait, &slices) != 3 || (run | slices) == 0) {
        return -ENODATA;
    }
    *ns = wait;
    return 0;
}

/* Fields 14 and 15 of the file are the user and the system time in ticks of 10 ms. The second
 * field, a name in parentheses, can contain anything. */
static int thread_system_ns(uint64_t id, uint64_t *ns) {
    if (id == thread_id_sigsafe()) {
        struct rusage usage;
        if (getrusage(RUSAGE_THREAD, &usage) != 0) {
            return -errno;
        }
        *ns = (uint64_t)usage.ru_stime.tv_sec * SPPROF_NS_PER_S +
              (uint64_t)usage.ru_stime.tv_usec * 1000;
        return 0;
    }
    char text[1024];
    int error = read_task(id, "stat", text, sizeof text);
    if (error != 0) {
        return error;
    }
    const char *name_end = strrchr(text, ')');
    unsigned long long user, system;
    if (name_end == NULL ||
        sscanf(name_end + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user,
               &system) != 2) {
        return -ENODATA;
    }
    *ns = system * (SPPROF_NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
    return 0;
}

static int process_cpu_ns(uint64_t *ns) {
    return spprof_clock_read_sigsafe(CLOCK_PROCESS_CPUTIME_ID, ns);
}

static int threads(void (*visit)(uint64_t id, void *context), void *context) {
    DIR *tasks = opendir("/proc/self/task");
    if (tasks == NULL) {
        return -errno;
    }
    struct dirent *entry;
    while (errno = 0, (entry = readdir(tasks)) != NULL) {
        long tid = strtol(entry->d_name, NULL, 10); /* 0 for "." and ".." */
        if (tid > 0) {
            visit((uint64_t)tid, context);
        }
    }
    int error = errno;
    closedir(tasks);
    return -error;
}

/* Returns the number of threads from the link count of a directory. The link count is the number of
 * the directory's subdirectories plus 2: its own entry "." and its entry in the parent. */
static uint64_t thread_count(void) {
    struct stat tasks;
    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 2 ? tasks.st_nlink - 2 : 0;
}

/* Reads the last field of /proc/loadavg. It refers to the caller's own pid namespace. */
static uint64_t newest_thread(void) {
    char line[128];
    int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t n = read(fd, line, sizeof line - 1);
    close(fd);
    line[n < 0 ? 0 : n] = '\0';
    const char *last = strrchr(line, ' ');
    return last == NULL ? 0 : strtoul(last, NULL, 10);
}

static int thread_name(uint64_t id, char *name, size_t size) {
    char path[64];
    name[0] = '\0';
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)id);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    ssize_t n = read(fd, name, size - 1);
    int error = n < 0 ? errno : 0;
    close(fd);
    name[n < 0 ? 0 : n] = '\0';
    name[strcspn(name, "\n")] = '\0';
    return -error;
}

static int signal_blocked(uint64_t id, int signal) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)id);
    FILE *status = fopen(path, "re");
    if (status == NULL) {
        return -errno;
    }
    int result = -ENODATA;
    while (result < 0 && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "SigBlk:", 7) == 0) {
            result = (int)(strtoull(line + 7, NULL, 16) >> (signal - 1) & 1);
        }
    }
    fclose(status);
    return result;
}

static int read_memory(const void *address, void *value, size_t size) {
    struct iovec to = {.iov_base = value, .iov_len = size};
    struct iovec from = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
    ssize_t n = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
    if (n < 0 && (errno == ENOSYS || errno == EPERM)) {
        memcpy(value, address, size); /* a sandbox forbids the call: copies without the check */
        return 0;
    }
    return n == (ssize_t)size ? 0 : n < 0 ? -errno : -EFAULT;
}

static int create_timer(struct spprof_timer *timer, uint64_t id, int signal, void *value) {
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal;
    event.sigev_value.sival_ptr = value;
    event.sigev_notify_thread_id = (pid_t)id;
    int32_t number;
    if (syscall(SYS_timer_create, spprof_thread_clock_sigsafe(id), &event, &number) != 0) {
        return -errno;
    }
    atomic_store_explicit(&timer->id, number, memory_order_relaxed);
    timer->valid = true;
    return 0;
}

static int set_timer_sigsafe(const struct spprof_timer *timer, uint64_t first_ns,
                             uint64_t interval_ns) {
    struct itimerspec spec = {.it_value = to_timespec_sigsafe(first_ns),
                              .it_interval = to_timespec_sigsafe(interval_ns)};
    /*
     * The time is absolute. If the first expiry has passed, the timer fires at once, and overruns
     * are counted from that expiry on.
     */
    int32_t number = atomic_load_explicit(&timer->id, memory_order_relaxed);
    return syscall(SYS_timer_settime, number, TIMER_ABSTIME, &spec, NULL) == 0 ? 0 : -errno;
}

static int delete_timer(struct spprof_timer *timer) {
    if (!timer->valid) {
        return 0;
    }
    int32_t number = atomic_load_explicit(&timer->id, memory_order_relaxed);
    if (syscall(SYS_timer_delete, number) != 0 && errno != EINVAL) { /* EINVAL: no such timer */
        int error = -errno;
        set_timer_sigsafe(timer, 0, 0); /* tries to disarm the timer, which still exists */
        return error;
    }
    timer->valid = false;
    return 0;
}

/* Checks whether the system allows this engine. Makes and deletes a timer that is never armed and
 * sends no signal. The calls with number -1 return EINVAL if the system allows them. */
static int probe(void) {
    const struct itimerspec off = {{0, 0}, {0, 0}};
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    int32_t number;
    if (syscall(SYS_timer_settime, -1, 0, &off, NULL) != 0 && errno != EINVAL) {
        return -errno;
    }
    if (syscall(SYS_timer_delete, -1) != 0 && errno != EINVAL) {
        return -errno;
    }
    if (syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &number) != 0) {
        return -errno;
    }
    return syscall(SYS_timer_delete, number) == 0 ? 0 : -errno;
}

static bool signal_sigsafe(const siginfo_t *info, struct spprof_signal *signal) {
    if (info->si_code != SI_TIMER) {
        return false;
    }
    signal->value = info->si_value.sival_ptr;
    signal->expiries = UINT64_C(1) + (info->si_overrun > 0 ? (uint32_t)info->si_overrun : 0);
    signal->cpu_ns = 0;
    return true;
}

static int take_pending(int signal) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    const struct timespec no_wait = {0, 0};
    for (int i = 0; i < MOST_PENDING; i++) {
        if (sigtimedwait(&set, NULL, &no_wait) < 0) {
            if (errno == EAGAIN) {
                return 0; /* nothing is pending any more */
            }
            if (errno != EINTR) {
                return -errno;
            }
        }
    }
    return 0; /* another sender is faster than this loop; the profiler's own signals are gone */
}

const struct spprof_engine spprof_engine_ctimer = {
    .name = "ctimer",
    .timer_a_thread = true,
    .system_ids = true,
    .vm_thread_id = "_thread_id",
    .vm_thread_id_size = sizeof(pid_t),
    .thread_id_of_vm = thread_id_of_vm,
    .thread_id_sigsafe = thread_id_sigsafe,
    .thread_cpu_ns = thread_cpu_ns,
    .thread_wait_ns = thread_wait_ns,
    .thread_system_ns = thread_system_ns,
    .process_cpu_ns = process_cpu_ns,
    .threads = threads,
    .thread_count = thread_count,
    .newest_thread = newest_thread,
    .thread_name = thread_name,
    .signal_blocked = signal_blocked,
    .read_memory = read_memory,
    .probe = probe,
    .timer_create = create_timer,
    .timer_set_sigsafe = set_timer_sigsafe,
    .timer_delete = delete_timer,
    .signal_sigsafe = signal_sigsafe,
    .take_pending = take_pending,
    .await_delivery = spprof_delivery_await,
};
