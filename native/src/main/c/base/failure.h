/*
 * Why a call of the sampler failed: the step that failed, and the system's error number at that
 * step. The number alone is not enough: a missing stack walker and a forbidden timer are both
 * ENOSYS.
 *
 * A failure is one negative int, as results are -errno elsewhere. Java has both lists of this file,
 * io.spprof.sampler.SamplerFailure with a message for each step, ErrorNumber with the numbers. A
 * test compares them.
 */
#ifndef SPPROF_FAILURE_H
#define SPPROF_FAILURE_H

#include <errno.h>

/* X(name): NONE is a plain -errno. */
#define SPPROF_FAILURES(X)                                                               \
    X(NONE)                                                                              \
    X(SETTINGS)        /* a value is out of its range */                                 \
    X(ENGINE)          /* this platform has no such engine */                            \
    X(SESSION)         /* start: there is a session, or one that was not released */     \
    X(NO_SESSION)      /* stop: none is sampling */                                      \
    X(UNDO)            /* a start that failed could not be undone yet */                 \
    X(IN_FLIGHT)       /* a handler is still running */                                  \
    X(DEBUGGER)        /* stop: a debugger holds a thread at a signal */                 \
    X(TIMER_LIVES)     /* stop: a timer could not be deleted */                          \
    X(WALKER)          /* no walker works in this JVM, or not the one asked for */       \
    X(MEMORY)          /* for the ring, the walk buffers or the walker's tables */       \
    X(EVENTS)          /* JVMTI refused the events */                                    \
    X(FLIGHT_RECORDER) /* the JVM's flight recorder samples with SIGPROF */              \
    X(SIGNAL_HELD)     /* SIGPROF has somebody's handler, and a timer sends it */        \
    X(SIGNAL_LEFT)     /* SIGPROF has somebody's handler; none of the timers sends it */ \
    X(THREADS)         /* the threads could not be listed */                             \
    X(SLOTS)           /* more threads than slots */                                     \
    X(TIMER)           /* a timer could not be made */                                   \
    X(TIMER_SET)       /* a timer was made and could not be set */                       \
    X(TIMER_HELD)      /* the process's timer is somebody else's */                      \
    X(JAVA_THREADS)    /* the JVM does not publish which thread is which */              \
    X(SYSTEM)          /* another system call */

enum spprof_failure {
#define SPPROF_FAILURE_(name) SPPROF_FAILURE_##name,
    SPPROF_FAILURES(SPPROF_FAILURE_)
#undef SPPROF_FAILURE_
};

/* Of an error number's bits there are fewer than this. */
#define SPPROF_FAILURE_SHIFT 16

/* The failure of a step, with 0 or -errno. */
#define SPPROF_FAILED(step, error) (-((SPPROF_FAILURE_##step << SPPROF_FAILURE_SHIFT) | -(error)))

/* X(name, number): error numbers that messages tell apart, with the number that Java has for them,
 * which is Linux's. On macOS those of EAGAIN and ENOSYS differ. */
#define SPPROF_ERROR_NUMBERS(X) \
    X(EPERM, 1)                 \
    X(EAGAIN, 11)               \
    X(EACCES, 13)               \
    X(EEXIST, 17)               \
    X(ENFILE, 23)               \
    X(EMFILE, 24)               \
    X(ENOSYS, 38)

static inline int spprof_failure_number(int error) {
    switch (error) {
#define SPPROF_NUMBER_(name, number) \
    case name:                       \
        return number;
        SPPROF_ERROR_NUMBERS(SPPROF_NUMBER_)
#undef SPPROF_NUMBER_
        default:
            return error;
    }
}

/* A result as Java gets it: a failure keeps its step, and its error number becomes Java's. */
static inline int spprof_failure_for_java(int result) {
    if (result >= 0) {
        return result;
    }
    int step = -result >> SPPROF_FAILURE_SHIFT;
    int error = -result & ((1 << SPPROF_FAILURE_SHIFT) - 1);
    return -(step << SPPROF_FAILURE_SHIFT | spprof_failure_number(error));
}

#endif
