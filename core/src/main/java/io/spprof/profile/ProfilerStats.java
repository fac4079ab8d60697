package io.spprof.profile;

/**
 * What a profiler knows of itself at one moment. Counters count from the profiler's creation and
 * never go back; gauges are 0 when no session runs. {@code signals = collectedSamples +
 * dropped.total() + samples still in the buffer}: exactly when no session runs, and at any other
 * time up to the handlers that are half-way.
 *
 * @param sessionsStarted counter: sessions that started
 * @param signals counter: sampling signals that reached the handler
 * @param collectedSamples counter: samples that are in a profile
 * @param dropped counters: signals that are in no profile, by reason
 * @param unwalkableSamples counter: collected samples whose stack could not be walked; they stand
 *     in the profile under a synthetic frame that names the cause
 * @param sampledCpuNanos counter: CPU time that the collected samples stand for, ns
 * @param droppedCpuNanos counter: CPU time that is in no profile: what the drops stand for, timer
 *     expirations that were due but never signalled when a thread or a session ended, and what is
 *     unseen, ns
 * @param unseenCpuNanos counter: the part of it that no signal stands for, of threads that ended
 *     before they were found, in their last stretch, or without a timer, ns
 * @param overheadCpuNanos counter: CPU time spent in handlers and in the profiler's own threads, ns
 * @param walkNanos counter: time that the stack walks in handlers took, ns
 * @param intervalNanos the interval in force, ns; of the running, else of the last, else of a
 *     default session
 * @param threadsSampled gauge: threads with a timer
 * @param threadsFailed gauge: threads that could not get a timer
 * @param uniqueStacks distinct stacks in the current profile
 * @param memoryUsedBytes gauge: native and heap memory held for samples, bytes
 * @param memoryLimitBytes its bound, bytes; of the running, else of the last, else of a default
 *     session
 * @param engine what makes the signals, for instance {@code ctimer}; not null
 * @param walker what walks the stacks, for instance {@code agct}; not null
 * @param session the running or the last session
 */
public record ProfilerStats(
    long sessionsStarted,
    long signals,
    long collectedSamples,
    DropCounts dropped,
    long unwalkableSamples,
    long sampledCpuNanos,
    long droppedCpuNanos,
    long unseenCpuNanos,
    long overheadCpuNanos,
    long walkNanos,
    long intervalNanos,
    int threadsSampled,
    int threadsFailed,
    long uniqueStacks,
    long memoryUsedBytes,
    long memoryLimitBytes,
    String engine,
    String walker,
    SessionStats session) {}
