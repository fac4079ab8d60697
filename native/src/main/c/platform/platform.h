/*
 * The interface between the sampler and the operating system. An engine makes the sampling signals,
 * and answers questions about the threads that the signals interrupt. Two files of this folder
 * implement one engine each:
 *
 *   linux.c   ctimer: one POSIX timer for each thread, on the thread's CPU clock (Linux)
 *   darwin.c  itimer: one timer for the process, ITIMER_PROF (macOS, and Linux on request)
 *
 * A session uses one engine. All functions return 0 or -errno, unless their comment says otherwise.
 * Functions whose names end in _sigsafe are also called in the signal handler. The others are not,
 * unless their comment says otherwise. The three functions of a timer are called with the lock of
 * thread_state.h held (in a handler: without it). take_pending and await_delivery are called with
 * the sampler's lock held.
 */
#ifndef SPPROF_PLATFORM_H
#define SPPROF_PLATFORM_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A thread's timer, or the thread's share in the process's timer. `valid` is a field of its own,
 * because 0 is a valid id.
 */
struct spprof_timer {
    _Atomic int32_t id; /* written before the first signal, whose handler may use it */
    bool valid;
};

/* The contents of a sampling signal. */
struct spprof_signal {
    void *value;       /* the value given to timer_create for the thread; NULL if not known */
    uint64_t expiries; /* expiries of the thread's own timer; 0 with a process's timer */
    uint64_t cpu_ns;   /* CPU time that the signal stands for; 0 if `expiries` determines it */
};

struct spprof_engine {
    const char *name;
    /* True: one timer for each thread. False: one timer for the process, whose signals go to
     * threads that are running. */
    bool timer_a_thread;
    /* Whether thread_id_sigsafe returns the number by which the system's tools know the thread. */
    bool system_ids;
    /* The field of HotSpot's OSThread that identifies the system's thread, and the field's size. */
    const char *vm_thread_id;
    size_t vm_thread_id_size;
    /* Converts the field's value into the number that thread_id_sigsafe returns on that thread. */
    uint64_t (*thread_id_of_vm)(uint64_t field);

    /* Returns the calling thread's number, which is unique among living threads and never 0. With a
     * process's timer the handler calls it, too. */
    uint64_t (*thread_id_sigsafe)(void);
    /*
     * Reads the CPU time of a thread, in ns; 0 if the system does not report it. Fails if there is
     * no such thread.
     */
    int (*thread_cpu_ns)(uint64_t id, uint64_t *ns);
    /*
     * Reads how long a thread was ready to run and waited for a CPU since its start, in ns, up to
     * when it last ran. Fails if there is no such thread, if the thread has not run yet, and if the
     * system does not report it. No cancellation point.
     */
    int (*thread_wait_ns)(uint64_t id, uint64_t *ns);
    /*
     * Reads how much of a thread's CPU time was in the kernel, in ns: of the calling thread to the
     * microsecond, of any other to 10 ms, rounded down. Fails if there is no such thread, and if
     * the system does not report it. No cancellation point.
     */
    int (*thread_system_ns)(uint64_t id, uint64_t *ns);
    /* Reads the CPU time of the whole process, in ns. Threads that are gone are included. */
    int (*process_cpu_ns)(uint64_t *ns);
    /* Visits every thread of this process. Visits no thread if the system does not list threads. */
    int (*threads)(void (*visit)(uint64_t id, void *context), void *context);
    /* Returns the number of threads, at little cost; 0 if the system does not report it. */
    uint64_t (*thread_count)(void);
    /* Returns the number that the system gave out last, to a thread of any process; 0 if the system
     * does not report it. Numbers grow until they start again at a low number. */
    uint64_t (*newest_thread)(void);
    /* Reads the system's name of the thread. `name` is always terminated, also after an error. */
    int (*thread_name)(uint64_t id, char *name, size_t size);
    /* Returns 1 if the thread blocks the signal, 0 if it does not, and -errno if the system does
     * not report it. */
    int (*signal_blocked)(uint64_t id, int signal);
    /* Copies memory of this process. Returns -EFAULT if a load would fault. */
    int (*read_memory)(const void *address, void *value, size_t size);

    /* Checks whether the system makes and sets this engine's timers for this process. Returns 0;
     * -errno of the call that the system refuses; or -EEXIST if the process's timer is in use. The
     * check leaves nothing behind and changes no timer. */
    int (*probe)(void);

    /* Makes the thread's timer, not yet armed. The timer's signals carry `value`. */
    int (*timer_create)(struct spprof_timer *timer, uint64_t id, int signal, void *value);
    /*
     * Arms the timer, or sets it again. The first expiry comes when the thread's CPU clock reads
     * `first_ns`, or at once if the clock has already reached it. Later expiries follow every
     * `interval_ns`. If both are 0, disarms the timer. Returns -EEXIST if another library uses the
     * process's timer. A handler may set only the timer of its own thread.
     *
     * The first call for any thread arms the process's timer, on the process's CPU clock. A later
     * call sets it again only if the interval differs.
     */
    int (*timer_set_sigsafe)(const struct spprof_timer *timer, uint64_t first_ns,
                             uint64_t interval_ns);
    /* Disarms and deletes the timer if it is valid. The process's timer is disarmed with the last
     * thread's share. After an error, the timer is still valid and may be armed, and the caller
     * tries again later. */
    int (*timer_delete)(struct spprof_timer *timer);

    /* Reads a signal's contents. Returns false if none of the profiler's timers sent the signal. */
    bool (*signal_sigsafe)(const siginfo_t *info, struct spprof_signal *signal);
    /* Removes pending instances of `signal`, which must be blocked, from the calling thread and the
     * process. An engine may do this by unblocking the signal for a moment: the gate is closed, so
     * the handler does nothing. */
    int (*take_pending)(int signal);
    /* Waits until threads have acted on the signals that they have taken; see delivery.h. */
    int (*await_delivery)(uint32_t deadline_ms);
};

/* The number of an engine in calls from Java. SampleLayout has the same numbers. */
enum spprof_engine_number {
    SPPROF_ENGINE_CTIMER = 0,
    SPPROF_ENGINE_ITIMER = 1,
};

/* SPPROF_ENGINES initializes an array of engines, indexed by these numbers. If this platform does
 * not have an engine, its entry is NULL, or past the end of the array. */
extern const struct spprof_engine spprof_engine_itimer;
#ifdef __linux__
extern const struct spprof_engine spprof_engine_ctimer;
#define SPPROF_DEFAULT_ENGINE spprof_engine_ctimer
#define SPPROF_ENGINES                                  \
    {                                                   \
        [SPPROF_ENGINE_CTIMER] = &spprof_engine_ctimer, \
        [SPPROF_ENGINE_ITIMER] = &spprof_engine_itimer, \
    }
#else
#define SPPROF_DEFAULT_ENGINE spprof_engine_itimer
#define SPPROF_ENGINES \
    { [SPPROF_ENGINE_ITIMER] = &spprof_engine_itimer }
#endif

#endif
