/*
 * Counts times that the kernel keeps for the process and that no sample can show:
 *
 * - how long the threads were ready to run and waited for a CPU, because other threads had the CPUs
 *   or because a quota of a cgroup was used up (cpu_wait_ns),
 * - how the process's CPU time divides into user code and the kernel (user_cpu_ns, system_cpu_ns),
 *   and each thread's (records of type TIMES in the ring, sample.h).
 *
 * The kernel has the wait of each thread since the thread's start, in nanoseconds, as the second
 * field of /proc/self/task/TID/schedstat. The file of the process, /proc/self/schedstat, is that of
 * the main thread only, so each thread has to be read. The kernel forgets the wait of a thread that
 * ends. The count is a sum of differences: what a thread has waited since its last reading.
 *
 * Who reads, and when. The collector thread (CollectorThread.java) makes a look right after the
 * session's start and then once a second; the stop makes the last look. A look lists the threads
 * and reads each thread's CPU clock, some 0.5 us a thread. Only if the clock has changed, it reads
 * the thread's file, which costs some 5 us: a thread that did not run did not end a wait either.
 * After a look that was expensive the collector waits longer, as it does after a sweep.
 *
 * Threads that exist when the session starts. The first look reads all of them and counts nothing;
 * this is the baseline. The start of the session does not wait for it. What threads wait between
 * the start and the first look is not counted.
 *
 * Threads that start after the first look are counted from their beginning. A thread that the look
 * finds later can also be an older one that the listing missed. It is taken for a new one only if
 * it has run and waited for no more time in all than has passed since the session began. Of an
 * exiting thread whose wait is not read, only what it has run is known.
 *
 * Threads that end. The exit hook (thread_hooks.h) reads the exiting thread's own file, so that
 * what it waited since the last look is counted. Up to EXACT_EXITS exits between two looks are
 * read. Of further exits, one in EXITS_A_READING is read and counts for all: so many short threads
 * cannot become expensive, and their sum is an estimate. A thread whose exit no hook hears
 * (thread_hooks.h) is counted up to its last look only.
 *
 * The count is therefore a lower bound, except for the error of the estimate and for old threads
 * that were taken for new ones. The wait that a thread is in the midst of is counted when it ends:
 * that is how the kernel keeps it.
 *
 * User and system time of a thread. A look divides what a thread has used since it was last
 * divided. The whole is the difference of the thread's CPU clock, the system time is the kernel's
 * own figure (/proc/self/task/TID/stat), and the user time is the rest. The kernel shows the system
 * time in steps of 10 ms, so a look divides 10 ms of CPU time or more; the session's last look
 * divides all. This bounds the cost: the file is read at most 100 times in a second of CPU time,
 * some 8 us each, however many threads there are. The exit hook divides the rest with getrusage,
 * to the microsecond, which costs some 0.5 us and a record. Not divided are: what is used before
 * the first look, and after the exit hook; the last 10 ms of a thread whose exit no hook hears; all
 * of an exiting thread that no look has found and that is not taken for a new one; and threads
 * without a slot. If the ring has no room for the record, the next look divides the time again.
 * What the exit hook or the last look could not write is lost.
 *
 * All this needs a system that lists threads and keeps the figure: Linux with CONFIG_SCHED_INFO,
 * with either engine. On other systems cpu_wait_known stays 0. Exits are read only with the engine
 * that has a timer for each thread. The profiler's own threads are left out of cpu_wait_ns; user
 * and system time are those of the whole process, as getrusage gives them.
 *
 * Functions whose names end in _locked are called with the lock of thread_state.h held. A look
 * takes it for a few threads at a time. No function is called in a signal handler.
 */
#ifndef SPPROF_KERNEL_TIMES_H
#define SPPROF_KERNEL_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"
#include "threads/slots.h"

/* Prepares the counting for a session, and frees what it has used. */
void spprof_kernel_times_begin_locked(const struct spprof_engine *engine);
void spprof_kernel_times_end_locked(void);

/* Makes a look. `last` is true for the session's last look, which reads no thread if no look before
 * it was completed. Called with the sampler's lock held. */
void spprof_kernel_times_look(bool last);

/* Makes a look that is under way on another thread end soon, and all further ones until the last.
 * Called before the session's last look. Takes no lock. */
void spprof_kernel_times_hurry(void);

/* What the exit hook knows about the times of its thread. */
struct spprof_exit_times {
    uint64_t cpu_ns;
    uint64_t system_ns;  /* how much of it was used in the kernel */
    uint64_t wait_ns;    /* since the thread's start; 0 if it was not read */
    uint32_t stands_for; /* exits for which the wait counts, this one included; 0: not read */
    bool divisible;      /* the system time was read */
};

/* Reads the times of the calling thread, which exits; the wait only if it is its turn. Reads
 * nothing before the first look is completed. `id` is the thread's number, and `cpu_ns` its CPU
 * clock. Takes no lock, and is no cancellation point. */
struct spprof_exit_times spprof_kernel_times_read_exit(const struct spprof_engine *engine,
                                                       uint64_t id, uint64_t cpu_ns);
/* Counts what was read. No later look counts the slot's thread. */
void spprof_kernel_times_count_exit_locked(struct spprof_slot *slot,
                                           const struct spprof_exit_times *exit);

#endif
