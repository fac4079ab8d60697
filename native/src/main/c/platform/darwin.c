/*
 * The engine itimer: it makes the sampling signals with one timer for the whole process,
 * setitimer(ITIMER_PROF). This file uses almost nothing but POSIX, so that the code that samples on
 * macOS is also run and tested on Linux. Its functions are in the same order as those of linux.c.
 *
 * The process's timer counts the CPU time of all threads together, and signals the process. The
 * system chooses the thread that gets the signal. Linux and macOS both choose the thread that was
 * running when the system noticed the expiry, if this thread does not block the signal. Threads are
 * therefore sampled roughly in proportion to the CPU time that they use. The proportion is not
 * exact. macOS notices expiries on a thread's way out of the kernel, which favours threads that
 * make system calls. Linux notices them at the clock tick, so at most once for each tick and CPU.
 *
 * POSIX cannot list the threads of a process. This engine therefore lists only the Java threads,
 * which the JVM reports. Samples of all other threads have one name, "native threads".
 *
 * The system reports no overruns. Expiries that come faster than the system checks the timer are
 * late or lost. A signal therefore stands for the CPU time that the process has used since the last
 * signal, read from the process's CPU clock. The weights of samples differ, but their sum is exact.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/counters.h"
#include "platform/delivery.h"
#include "platform/platform.h"
#include "platform/thread_keys.h"

#define MOST_PENDING 1000

static pthread_key_t
    slot_key; /* the value given to timer_create, for threads that called it for themselves */
static pthread_once_t slot_key_once = PTHREAD_ONCE_INIT;
static int slot_key_error;
static _Atomic uint64_t accounted_ns; /* reading of the process's CPU clock up to which signals have
                                         accounted for the CPU time */
/* Accessed with the lock of thread_state.h held, except where a comment says otherwise. */
static struct timeval armed_interval;
static uint32_t shares;    /* threads with a share in the timer */
static _Atomic bool armed; /* written under the lock; handlers read it without */

static struct timeval to_timeval(uint64_t ns) {
    uint64_t us = (ns + 999) / 1000; /* rounded up, because 0 would disarm the timer */
    return (struct timeval){.tv_sec = (time_t)(us / 1000000),
                            .tv_usec = (suseconds_t)(us % 1000000)};
}

/*
 * Returns the CPU time that no signal has accounted for yet, and marks it as accounted for.
 * Handlers on several threads may call the function at once. Each nanosecond is returned only once.
 */
static uint64_t take_unaccounted_sigsafe(void) {
    uint64_t now = spprof_clock_ns_sigsafe(CLOCK_PROCESS_CPUTIME_ID);
    /* Relaxed order is enough: the calls only divide a sum, and no other data depends on the
     * order. */
    uint64_t from = atomic_load_explicit(&accounted_ns, memory_order_relaxed);
    while (now > from &&
           !atomic_compare_exchange_weak_explicit(&accounted_ns, &from, now, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
    return now > from ? now - from : 0;
}

static uint64_t thread_id_sigsafe(void) {
    return (uint64_t)(uintptr_t)pthread_self();
}

#ifdef __APPLE__
/* vmStructs_bsd.hpp publishes the thread's Mach port instead of its pthread_t. */
#define VM_THREAD_ID "_thread_id"
#define VM_THREAD_ID_SIZE sizeof(mach_port_t)
static uint64_t thread_id_of_vm(uint64_t field) {
    return (uint64_t)(uintptr_t)pthread_from_mach_thread_np((mach_port_t)field);
}
#else
#define VM_THREAD_ID "_pthread_id"
#define VM_THREAD_ID_SIZE sizeof(pthread_t)
static uint64_t thread_id_of_vm(uint64_t field) {
    return field;
}
#endif

static int thread_cpu_ns(uint64_t id, uint64_t *ns) {
    *ns = id == thread_id_sigsafe() ? spprof_clock_ns_sigsafe(CLOCK_THREAD_CPUTIME_ID) : 0;
    return 0;
}

static int thread_wait_ns(uint64_t id, uint64_t *ns) {
    (void)id;
    *ns = 0;
    return -ENOTSUP;
}

static int thread_system_ns(uint64_t id, uint64_t *ns) {
    (void)id;
    *ns = 0;
    return -ENOTSUP;
}

static int process_cpu_ns(uint64_t *ns) {
    *ns = spprof_clock_ns_sigsafe(CLOCK_PROCESS_CPUTIME_ID);
    return 0;
}

static int threads(void (*visit)(uint64_t id, void *context), void *context) {
    (void)visit, (void)context;
    return 0;
}

static uint64_t thread_count(void) {
    return 0;
}

static uint64_t newest_thread(void) {
    return 0;
}

static int thread_name(uint64_t id, char *name, size_t size) {
    (void)id, (void)size;
    name[0] = '\0';
    return -ENOTSUP;
}

static int signal_blocked(uint64_t id, int signal) {
    (void)id, (void)signal;
    return -ENOTSUP;
}

static int read_memory(const void *address, void *value, size_t size) {
    int ends[2];
    if (pipe(ends) != 0) {
        return -errno;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    /* The kernel reads the memory, and returns an error where a load would fault. */
    ssize_t n = write(ends[1], address, size);
    if (n == (ssize_t)size) {
        n = read(ends[0], value, size);
    }
    int error = n == (ssize_t)size ? 0 : n < 0 ? errno : EFAULT;
    close(ends[0]);
    close(ends[1]);
    return -error;
}

static void make_slot_key(void) {
    slot_key_error = pthread_key_create(&slot_key, NULL);
    /*
     * macOS can bind a function at its first call, and the handler must not make such a first call.
     * Setting up the session has already called all functions that the handler calls, except these.
     * The size is not known to the compiler, so it does not leave the calls out.
     */
    int bound = errno;
    sigset_t mask, copy;
    volatile size_t none = 0;
    (void)pthread_getspecific(slot_key);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    memset(&copy, 0, none);
    memcpy(&copy, &mask, none);
    bound += memcmp(&copy, &mask, none);
    errno = bound;
}

static int create_timer(struct spprof_timer *timer, uint64_t id, int signal, void *value) {
    (void)signal;
    pthread_once(&slot_key_once, make_slot_key);
    int error = slot_key_error;
    if (error == 0 && id == thread_id_sigsafe()) {
        error = pthread_setspecific(slot_key, value);
    }
    if (error != 0) {
        return -error;
    }
    shares++;
    timer->valid = true;
    return 0;
}

static bool is_armed_interval(struct timeval interval) {
    return interval.tv_sec == armed_interval.tv_sec && interval.tv_usec == armed_interval.tv_usec;
}

static int set_timer(const struct spprof_timer *timer, uint64_t first_ns, uint64_t interval_ns) {
    (void)timer;
    if (armed && is_armed_interval(to_timeval(interval_ns))) {
        return 0;
    }
    struct itimerval found;
    if (getitimer(ITIMER_PROF, &found) != 0) {
        return -errno;
    }
    /* If the interval is not the armed one, another library has set the timer meanwhile. */
    if (armed ? !is_armed_interval(found.it_interval)
              : found.it_value.tv_sec != 0 || found.it_value.tv_usec != 0) {
        return -EEXIST;
    }
    if (!armed) {
        atomic_store_explicit(&accounted_ns, spprof_clock_ns_sigsafe(CLOCK_PROCESS_CPUTIME_ID),
                              memory_order_relaxed);
    }
    struct itimerval spec = {.it_value = to_timeval(first_ns % interval_ns + 1),
                             .it_interval = to_timeval(interval_ns)};
    if (setitimer(ITIMER_PROF, &spec, NULL) != 0) {
        return -errno;
    }
    armed_interval = spec.it_interval;
    armed = true;
    return 0;
}

static int delete_timer(struct spprof_timer *timer) {
    if (!timer->valid) {
        return 0;
    }
    if (shares > 1 || !armed) {
        shares--;
        timer->valid = false;
        return 0;
    }
    struct itimerval now;
    const struct itimerval off = {{0, 0}, {0, 0}};
    if (getitimer(ITIMER_PROF, &now) != 0) {
        return -errno;
    }
    /* If the interval is not the armed one, another library has set the timer. This timer is left
     * alone. */
    if (is_armed_interval(now.it_interval) && setitimer(ITIMER_PROF, &off, NULL) != 0) {
        return -errno;
    }
    armed = false;
    shares = 0;
    timer->valid = false;
    /*
     * macOS checks the timer and sends its signal in two steps (bsd_ast in XNU's kern_sig.c). A
     * thread on another CPU may be between the two steps now. The wait lets its signal become
     * pending before the teardown continues. Linux does both steps under one lock.
     */
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    spprof_count_sigsafe(&spprof_counters.unsignalled_cpu_ns, take_unaccounted_sigsafe());
    return 0;
}

/* Checks whether the system allows this engine. Sets a timer that does not exist: if the system
 * allows the call, the call returns EINVAL and changes nothing. */
static int probe(void) {
    const struct itimerval off = {{0, 0}, {0, 0}};
    struct itimerval now;
    pthread_key_t key;
    int error = pthread_key_create(&key, NULL);
    if (error != 0) {
        return -error;
    }
    pthread_key_delete(key);
    if (getitimer(ITIMER_PROF, &now) != 0) {
        return -errno;
    }
    if (now.it_value.tv_sec != 0 || now.it_value.tv_usec != 0) {
        return -EEXIST;
    }
    return setitimer(-1, &off, NULL) != 0 && errno != EINVAL ? -errno : 0;
}

static bool sent_by_the_timer_sigsafe(const siginfo_t *info) {
#ifdef SI_KERNEL
    return info->si_code == SI_KERNEL;
#else
    /* XNU does not mark the timer's signal. The signal comes from the process itself, so it looks
     * like a signal of raise. */
    return info->si_pid == 0 || info->si_pid == getpid();
#endif
}

static bool signal_sigsafe(const siginfo_t *info, struct spprof_signal *signal) {
    if (!sent_by_the_timer_sigsafe(info)) {
        return false;
    }
    /* The key was made before the timer was armed. Without the value, the slot is found by the
     * thread's number. */
    signal->value = spprof_key_is_for_handlers(slot_key) ? pthread_getspecific(slot_key) : NULL;
    signal->expiries = 0;
    /* Once the timer is disarmed, delete_timer has counted the remaining CPU time. A late signal
     * therefore stands for no CPU time. */
    signal->cpu_ns =
        atomic_load_explicit(&armed, memory_order_relaxed) ? take_unaccounted_sigsafe() : 0;
    return true;
}

static int take_pending(int signal) {
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, signal);
    for (int i = 0; i < MOST_PENDING; i++) {
        if (sigpending(&pending) != 0) {
            return -errno;
        }
        if (!sigismember(&pending, signal)) {
            return 0; /* nothing is pending any more */
        }
        /*
         * Unblocks the signal for a moment, so that its handler counts it as late. sigwait cannot
         * be used: it would wait for ever if another thread took the process's pending signal
         * meanwhile. macOS does not have sigtimedwait.
         */
        int error = pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        if (error == 0) {
            error = pthread_sigmask(SIG_BLOCK, &set, NULL);
        }
        if (error != 0) {
            return -error;
        }
    }
    return 0; /* another sender is faster than this loop; the profiler's own signals are gone */
}

const struct spprof_engine spprof_engine_itimer = {
    .name = "itimer",
    .timer_a_thread = false,
    .system_ids = false, /* they are of the threads library */
    .vm_thread_id = VM_THREAD_ID,
    .vm_thread_id_size = VM_THREAD_ID_SIZE,
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
    .timer_set_sigsafe = set_timer, /* not signal-safe: handlers set only timers of their threads */
    .timer_delete = delete_timer,
    .signal_sigsafe = signal_sigsafe,
    .take_pending = take_pending,
    .await_delivery = spprof_delivery_await,
};
