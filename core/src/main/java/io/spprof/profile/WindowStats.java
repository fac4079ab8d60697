package io.spprof.profile;

/**
 * A stretch of time that a session is kept in.
 *
 * @param fromMillis its beginning, milliseconds since the epoch
 * @param toMillis its end; of the open one, now
 * @param samples samples in it
 * @param dropped signals of that time that are in no profile
 * @param cpuNanos CPU time that the samples stand for, ns
 * @param shortestIntervalNanos the shortest sampling interval in force meanwhile, ns
 * @param longestIntervalNanos the longest one, ns
 */
public record WindowStats(
    long fromMillis,
    long toMillis,
    long samples,
    long dropped,
    long cpuNanos,
    long shortestIntervalNanos,
    long longestIntervalNanos) {}
