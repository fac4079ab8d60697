/*
 * A failure is the reason why a call of the sampler failed. It contains the step that failed, and
 * the system's error number at that step. The error number alone is ambiguous: a missing stack
 * walker and a forbidden timer both give ENOSYS.
 *
 * A failure is one negative int, so that it can be returned where other functions return -errno.
 * Java repeats both lists of this file: io.spprof.sampler.SamplerFailure has a message for each
 * step, and ErrorNumber has the numbers. A test compares the lists.
 */
#ifndef SPPROF_FAILURE_H
#define SPPROF_FAILURE_H

#include <errno.h>

/* The steps, as X(name). The step NONE makes a failure a plain -errno. */
#define SPPROF_FAILURES(X)                                                              \
    X(NONE)                                                                             \
    X(SETTINGS)        /* a value is out of its range */                                \
    X(ENGINE)          /* this platform has no such engine */                           \
    X(SESSION)         /* start: a session exists, perhaps stopped and not released */  \
    X(NO_SESSION)      /* stop: no session is sampling */                               \
    X(UNDO)            /* a start that failed could not be undone yet */                \
    X(IN_FLIGHT)       /* a handler is still running */                                 \
    X(DEBUGGER)        /* stop: a debugger holds a thread at a signal */                \
    X(TIMER_LIVES)     /* stop: a timer could not be deleted */                         \
    X(WALKER)          /* no walker works in this JVM, or the requested one does not */ \
    X(MEMORY)          /* no memory for the ring, walk buffers or walker's tables */    \
    X(EVENTS)          /* JVMTI refused the events */                                   \
    X(FLIGHT_RECORDER) /* the JVM's flight recorder samples with SIGPROF */             \
    X(SIGNAL_HELD)     /* SIGPROF has another library's handler; a timer may send it */ \
    X(SIGNAL_LEFT)     /* SIGPROF has another library's handler; no timer sends it */   \
    X(THREADS)         /* the threads could not be listed */                            \
    X(SLOTS)           /* more threads than slots */                                    \
    X(TIMER)           /* a timer could not be made */                                  \
    X(TIMER_SET)       /* a timer was made and could not be set */                      \
    X(TIMER_HELD)      /* another library uses the process's timer */                   \
    X(JAVA_THREADS)    /* the JVM does not publish which system thread a thread is */   \
    X(SYSTEM)          /* another system call failed */

enum spprof_failure {
#define SPPROF_FAILURE_(name) SPPROF_FAILURE_##name,
    SPPROF_FAILURES(SPPROF_FAILURE_)
#undef SPPROF_FAILURE_
};

/* An error number has fewer bits than this. */
#define SPPROF_FAILURE_SHIFT 16

/* Makes the failure of a step. `error` is 0 or -errno. */
#define SPPROF_FAILED(step, error) (-((SPPROF_FAILURE_##step << SPPROF_FAILURE_SHIFT) | -(error)))

/* The error numbers for which Java has messages of its own, as X(name, number). `number` is Java's
 * number for the error, which is Linux's. On macOS the numbers of EAGAIN and ENOSYS differ. */
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

/* Converts a result for Java: a failure keeps its step, and its error number becomes Java's. */
static inline int spprof_failure_for_java(int result) {
    if (result >= 0) {
        return result;
    }
    int step = -result >> SPPROF_FAILURE_SHIFT;
    int error = -result & ((1 << SPPROF_FAILURE_SHIFT) - 1);
    return -(step << SPPROF_FAILURE_SHIFT | spprof_failure_number(error));
}

#endif
