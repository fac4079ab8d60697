package io.spprof.collect;

/**
 * Divides the CPU time of passes (readings of the ring) into the part that samples caused and the
 * part that passes take without a sample. A pass that reads nothing takes only the second part.
 * From another pass, the time of such an empty pass is subtracted. The rest is divided by bytes:
 * between samples, with the records that come with them, and times of threads, which come without a
 * signal.
 *
 * <p>An empty pass counts with the smaller time of the last two: the first one links its code, and
 * a single one can be slow for other reasons.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class PassCost {

  private long lastEmptyNanos; // 0 until there was one
  private long emptyNanos;

  /** Called after a pass that has read nothing, with its CPU time in nanoseconds. */
  void emptyPass(long nanos) {
    emptyNanos = Math.min(nanos, lastEmptyNanos);
    lastEmptyNanos = nanos;
  }

  /**
   * Returns the CPU time that samples caused in a pass, in nanoseconds.
   *
   * @param nanos the CPU time of the pass, in nanoseconds
   * @param bytes the bytes that it read, more than 0
   * @param sampleBytes the part of these bytes that belongs to samples
   */
  long ofSamples(long nanos, long bytes, long sampleBytes) {
    return Math.max(0, nanos - emptyNanos) * sampleBytes / bytes;
  }
}
