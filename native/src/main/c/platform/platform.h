/*
 * The seam between the sampler and the operating system: an engine makes the signals, and knows the
 * threads that they interrupt. Each of the files beside this one is one engine:
 *
 *   linux.c   ctimer: a POSIX timer a thread, on the thread's CPU clock (Linux)
 *   darwin.c  itimer: one timer for the process, ITIMER_PROF (macOS, and Linux on request)
 *
 * A session uses one of them. All functions return 0 or -errno unless they say otherwise. Those in
 * _sigsafe are called from the handler; the rest from ordinary threads, the three of a timer and
 * the two of pending signals with a lock held.
 */
#ifndef SPPROF_PLATFORM_H
#define SPPROF_PLATFORM_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A thread's timer, or its share in the process's. Validity is a flag of its own: 0 is a valid id.
 */
struct spprof_timer {
    _Atomic int32_t id; /* written before the first signal, which may use it */
    bool valid;
};

/* What a sampling signal tells. */
struct spprof_signal {
    void *value; /* what timer_create was given for the thread; NULL if that is not known */
    uint64_t expirations; /* of the thread's own timer that it stands for; 0 if it has none */
    uint64_t cpu_ns;      /* CPU time that it stands for; 0 if the expirations tell */
};

struct spprof_engine {
    const char *name;
    bool timer_a_thread; /* else one timer for all, whose signal goes to a thread that is running */
    /* The field of HotSpot's OSThread that tells which thread it is, and its size. */
    const char *vm_thread_id;
    size_t vm_thread_id_size;
    /* What thread_id gives, from the field's value. */
    uint64_t (*thread_id_of_vm)(uint64_t field);

    /* The calling thread's number; of no other living thread, never 0. Called from the handler,
     * too, unless there is a timer a thread. */
    uint64_t (*thread_id)(void);
    /*
     * CPU time of a thread, ns, 0 if the system does not tell; an error if there is no such thread.
     */
    int (*thread_cpu_ns)(uint64_t id, uint64_t *ns);
    /* CPU time of the whole process, threads that are gone included, ns. */
    int (*process_cpu_ns)(uint64_t *ns);
    /* Visits every thread of this process; none where the system does not list them. */
    int (*threads)(void (*visit)(uint64_t id, void *context), void *context);
    /* How many there are, cheaply; 0 if that is not to be had. */
    uint64_t (*thread_count)(void);
    /* The last number that the system gave to a thread, of whatever process; numbers grow until
     * they begin again at a low one. 0 if that is not to be had. */
    uint64_t (*newest_thread)(void);
    /* The name that the system knows the thread by; at least "" is in `name` afterwards. */
    int (*thread_name)(uint64_t id, char *name, size_t size);
    /* 1 if the thread blocks the signal, 0 if not, -errno if the system does not tell. */
    int (*signal_blocked)(uint64_t id, int signal);
    /* Copies memory of this process; -EFAULT where a load would fault. */
    int (*read_memory)(const void *address, void *value, size_t size);

    /* Whether the system makes and sets such timers for this process: 0, or -errno of the call that
     * it refuses; -EEXIST if the process's timer is in use. Nothing is left behind, and no timer of
     * anybody's is touched. */
    int (*probe)(void);

    /* Makes the thread's timer, not yet armed; its signal carries `value`. */
    int (*timer_create)(struct spprof_timer *timer, uint64_t id, int signal, void *value);
    /*
     * Arms it, or sets it anew: the first expiry when the thread's CPU clock reads `first_ns`, at
     * once if it already does, then every `interval_ns`; both 0 disarm it. The process's timer is
     * armed by the first thread's call, on the process's clock, and set anew by any with another
     * interval. -EEXIST: the process's timer is somebody else's. In the handler for the thread's
     * own timer only.
     */
    int (*timer_set_sigsafe)(const struct spprof_timer *timer, uint64_t first_ns,
                             uint64_t interval_ns);
    /* Disarms and deletes it if it is valid; the process's with the last thread's. After an error
     * it is valid still, and may be armed; to be tried again. */
    int (*timer_delete)(struct spprof_timer *timer);

    /* Reads a signal; false if none of our timers sent it. */
    bool (*signal_sigsafe)(const siginfo_t *info, struct spprof_signal *signal);
    /* Takes what is pending of `signal`, which must be blocked, from the calling thread and the
     * process; perhaps by letting it in, which the gate has made harmless. */
    int (*take_pending)(int signal);
    /* Waits out signals that a thread has taken and not yet acted on: delivery.h. */
    int (*await_delivery)(uint32_t deadline_ms);
};

/* The number of an engine in calls from Java; SampleLayout has the same. */
enum spprof_engine_number {
    SPPROF_ENGINE_CTIMER = 0,
    SPPROF_ENGINE_ITIMER = 1,
};

/* SPPROF_ENGINES: by these numbers; NULL, or past the end, for what this platform does not have. */
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
