/*
 * The life of a session on the native side: start, stop and release. A start creates everything
 * that must exist while signals arrive. A stop and a release remove it.
 *
 *   start:    walker, ring and walk buffers; JVM events on; method ids; signal handler; gate open
 *             (gate.h: lets handlers take samples); threads and timers
 *   stop:     teardown.c's eight steps, which close the gate and remove timers and handler; a last
 *             look at the names of threads; a count of the CPU time that is due, that is, expired
 *             and not signalled; end of the walker; JVM events off
 *   release:  frees the ring and the walk buffers
 *
 * A process has one action for SIGPROF, so there is at most one session at a time. Between stop and
 * release, the ring can still be read. All functions take the sampler's lock. They are never called
 * in a signal handler. `jni` is the JNIEnv of the calling thread.
 */
#ifndef SPPROF_SAMPLER_H
#define SPPROF_SAMPLER_H

#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "session/config.h"
#include "session/thread_hooks.h"

/* Prepares the counters, the keys and the table of threads. Called when the library is loaded,
 * perhaps not for the first time in the process (jni.c). Returns 0 or -ENOMEM. */
int spprof_sampler_load(void);
/* Ends a session that still exists. Called when the library is unloaded. Only the code and the
 * table of threads (slots.h) remain. */
void spprof_sampler_unload(void);

/* Starts a session. Returns 0 or a failure (failure.h). A start that fails undoes everything that
 * it did. If a step cannot be undone yet, the next start tries again; it returns UNDO if it does
 * not succeed. With UNDO, IN_FLIGHT and SESSION, the start has begun nothing, but something of an
 * earlier session still exists. */
int spprof_sampler_start(JNIEnv *jni, const struct spprof_sampler_config *config);

/*
 * Stops the session. Returns 0 when it is stopped. Returns 1 when it is stopped but another library
 * has replaced the profiler's signal action; this action is left installed. Otherwise returns a
 * failure:
 * - NO_SESSION: no session is sampling.
 * - IN_FLIGHT: a handler is still in flight.
 * - DEBUGGER: a debugger holds a thread at a signal.
 * - TIMER_LIVES: a timer could not be deleted.
 * - SYSTEM: a system call failed.
 *
 * After the last four, nothing is freed, and the function may be called again.
 */
int spprof_sampler_stop(JNIEnv *jni, uint32_t deadline_ms);

/* Frees the ring and the walk buffers of a stopped session. Returns 0, or -EBUSY before a
 * successful stop. */
int spprof_sampler_release(void);

/* Makes a sweep (sweep.h): looks for new threads, for threads that ended, and for new native
 * libraries. Uses `jni` only if starts of threads were not reported in the session
 * (thread_hooks.h). Returns the number of threads sampled, -EINVAL if no session is sampling, or a
 * failure (failure.h). */
int spprof_sampler_sweep(JNIEnv *jni);

/* Makes a name look: reads the names of the threads that were sampled since their names were last
 * read (thread_name.h). Returns 0, or -EINVAL if no session is sampling. */
int spprof_sampler_read_names(JNIEnv *jni);

/* Counts how long threads waited for a CPU, and the process's user and system time
 * (kernel_times.h). Returns 0, or -EINVAL if no session is sampling. */
int spprof_sampler_read_kernel_times(void);

/*
 * Measures what the delivery of one signal costs (signal_cost.h). Called on a thread without a
 * timer. Returns nanoseconds; 0 if no session is sampling, if the calling thread blocks the signal,
 * if other code has replaced the profiler's action, or if it cannot be measured.
 */
uint64_t spprof_sampler_signal_cost(void);

/* Chooses what happens to threads that start (thread_hooks.h). With a process's timer, UNHEARD acts
 * like LATE. Returns 0, -EINVAL if no session is sampling, or -EIO if the JVM does not switch its
 * event. */
int spprof_sampler_thread_starts(enum spprof_thread_starts starts);

/* Calls spprof_threads_search. Returns 0 if no session is sampling. */
uint64_t spprof_sampler_search(JNIEnv *jni);

/*
 * Sets the interval of the session that is sampling. Each thread applies it at its next signal
 * (schedule.h). Returns 0; -EINVAL if no session is sampling or the interval is 0 ns; or -EEXIST if
 * another library now uses the process's timer.
 */
int spprof_sampler_set_interval(uint64_t interval_ns);

/*
 * Empties the walker's tables of methods and locations (addresses in compiled code), so that they
 * have room for new entries, and reports this to the profiler's collector (Collector.java) by a
 * FORGET record (sample.h). The name of each thread is written again when the thread is next
 * sampled. At the next FORGET record, the collector can therefore remove the names of all other
 * threads.
 *
 * The gate is closed meanwhile, for less than a millisecond. Signals of that time are dropped as
 * late (counters.h). Returns 0; -EINVAL if no session is sampling; -EAGAIN if the ring has no room;
 * or -ETIMEDOUT if a handler hangs. After an error, nothing is forgotten.
 */
int spprof_sampler_forget(void);

/* Calls spprof_threads_rest. Returns 0, or -EINVAL if no session is sampling or the share is 0. */
int spprof_sampler_rest(uint32_t share, uint32_t turn);

/* Returns whether a session is sampling while another library's signal action is installed. */
bool spprof_sampler_signal_is_taken(void);

/* Returns the ring's block, and writes its size in bytes to `size`. Returns NULL if there is no
 * session. */
void *spprof_sampler_ring(uint64_t *size);

/* Returns the walker of the present or the last session: vm or agct. */
enum spprof_walker_choice spprof_sampler_walker(void);
/*
 * Copies the reason why the walker vm did not work at the last start, or what limits it. "" if it
 * works without a limitation or was not tried.
 */
void spprof_sampler_walker_problem(char *why, uint64_t size);
/* Returns how exact the debug information was in the present or the last session: a number of enum
 * spprof_debug_info. */
int spprof_sampler_debug_info(void);

/* Ends sampling when the JVM shuts down, because no handler may walk a stack after that. Makes no
 * JNI calls. */
void spprof_sampler_vm_death(void);

#endif
