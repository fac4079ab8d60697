/*
 * Finds the threads of the process: those that exist when a session starts, and those that start
 * later without a ThreadStart event. Gives timers to threads without a timer, and releases the
 * slots (the threads' entries, slots.h) of threads that are gone.
 *
 * The system's listing of the process's threads is not atomic, so it can miss a living thread. A
 * thread counts as gone only if it is not in the listing and its CPU clock cannot be read.
 *
 * Called with the sampler's lock held, by the profiler's collector thread (CollectorThread.java)
 * and by the thread that starts or stops a session; never in a signal handler. The functions take
 * the lock of thread_state.h.
 */
#ifndef SPPROF_SWEEP_H
#define SPPROF_SWEEP_H

#include <stdint.h>

/* While the number of threads does not change, only one sweep in so many makes a listing. */
#define SPPROF_SWEEPS_A_LISTING 5

/*
 * Makes a sweep, which is a check of all threads of the process. A sweep gives timers to threads
 * without a timer, takes timers from threads that are gone, and counts unseen CPU time, which no
 * signal stands for (unseen.h). Returns the number of threads with a timer. If there is none,
 * returns a failure (failure.h), or 0 if the reason is not known.
 */
int spprof_threads_sweep(void);

/*
 * Makes a search. A search tries the thread numbers that the system has given out since the search
 * before the last, and gives timers to the threads that it finds. It also gives timers to threads
 * that left the JVM and live on. Called between two sweeps. A search costs some 20 us, whatever the
 * number of threads. Returns the CPU time, in ns, of the native threads that searches of this
 * session found and that are gone. It measures the benefit of the searches.
 */
uint64_t spprof_threads_search(void);

#endif
