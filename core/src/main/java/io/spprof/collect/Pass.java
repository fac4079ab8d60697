package io.spprof.collect;

/**
 * What a pass (one reading of the ring) has read, and what it has taken.
 *
 * @param bytes the bytes read; 0 if the ring was empty, or if a writer has not completed its record
 * @param hasSamples whether samples were among the records, or records that come with samples
 * @param cpuNanos the CPU time of the pass, in nanoseconds
 * @param samplesCpuNanos the part of this CPU time that the samples caused, in nanoseconds
 * @param namesCpuNanos the part of this CPU time in which names of native functions were looked up,
 *     in nanoseconds. A name is looked up once, so this cost does not come again. It is no part of
 *     {@code samplesCpuNanos}
 * @param hasRenamed whether a thread had another name than before
 */
public record Pass(
    int bytes,
    boolean hasSamples,
    long cpuNanos,
    long samplesCpuNanos,
    long namesCpuNanos,
    boolean hasRenamed) {}
