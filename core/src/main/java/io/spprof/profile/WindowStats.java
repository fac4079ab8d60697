package io.spprof.profile;

import io.spprof.sampler.KernelTimes;

/**
 * The figures of one window: counts, CPU time and intervals. A window is a stretch of a session's
 * time whose samples are kept together.
 *
 * @param fromMillis the beginning of the window, in milliseconds since the epoch
 * @param toMillis the end of the window, in milliseconds since the epoch; for the open window now,
 *     or the session's end
 * @param samples the number of samples in the window
 * @param dropped the number of signals of this time that are in no profile
 * @param cpuNanos the CPU time that the samples stand for, in nanoseconds
 * @param kernel times that the kernel keeps for the process, of this window
 * @param shortestIntervalNanos the shortest sampling interval in force in the window, in
 *     nanoseconds
 * @param longestIntervalNanos the longest sampling interval in force in the window, in nanoseconds
 */
public record WindowStats(
    long fromMillis,
    long toMillis,
    long samples,
    long dropped,
    long cpuNanos,
    KernelTimes kernel,
    long shortestIntervalNanos,
    long longestIntervalNanos) {}
