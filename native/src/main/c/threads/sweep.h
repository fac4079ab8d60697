/*
 * Finds the process's threads: those that exist when a session starts, and those that start later
 * without a ThreadStart of the JVM. Gives timers to those without, and releases the slots of
 * threads that are gone. Called by the collector's thread, and by the one that starts a session.
 *
 * A listing of the process's threads is not atomic: it can miss a living one, so the thread's clock
 * says whether it is gone.
 */
#ifndef SPPROF_SWEEP_H
#define SPPROF_SWEEP_H

#include <stdint.h>

/* Of so many sweeps in a row that find the number of threads unchanged, one makes a listing. */
#define SPPROF_SWEEPS_A_LISTING 5

/*
 * Looks at all threads of the process: gives timers to those without, takes them from those that
 * are gone; counts the CPU time that nobody sees (unseen.h). Returns how many have a timer, or a
 * failure (failure.h) if there is none and the reason is known.
 */
int spprof_threads_sweep(void);

/*
 * Between two sweeps: looks for threads that the system made since the last search, or that left
 * the JVM and go on, and gives them timers. Costs some 20 us, however many threads there are.
 * Returns the CPU time of the native threads that searches of this session found and that are gone,
 * ns: what it was good for.
 */
uint64_t spprof_threads_search(void);

#endif
