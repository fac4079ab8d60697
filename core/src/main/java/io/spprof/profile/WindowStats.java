package io.spprof.profile;

/**
 * The figures of one window, a part of a session's time whose samples are kept together.
 *
 * @param fromMillis the window's beginning, milliseconds since the epoch
 * @param toMillis the window's end, milliseconds since the epoch; now for the open window
 * @param samples samples in the window
 * @param dropped signals of this time that are in no profile
 * @param cpuNanos CPU time that the samples stand for, ns
 * @param shortestIntervalNanos the shortest sampling interval in force in the window, ns
 * @param longestIntervalNanos the longest sampling interval in force in the window, ns
 */
public record WindowStats(
    long fromMillis,
    long toMillis,
    long samples,
    long dropped,
    long cpuNanos,
    long shortestIntervalNanos,
    long longestIntervalNanos) {}
