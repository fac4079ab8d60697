package io.spprof.collect;

/**
 * The CPU time that look-ups of names may take: a second at first, and then a share of a CPU. Saved
 * time is at most a second, too. A look-up begins if any time is left, and is not interrupted; what
 * it takes too much is missing afterwards, up to a second. So a debt ends.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class LookUpTime {

  static final long MOST_NANOS = 1_000_000_000;

  private final double share;
  private long then;
  private double left = MOST_NANOS;

  /**
   * Creates an object with a second of CPU time.
   *
   * @param share the part of a CPU by which the time grows
   * @param now the present, in nanoseconds
   */
  LookUpTime(double share, long now) {
    this.share = share;
    this.then = now;
  }

  /**
   * Returns whether a look-up may begin.
   *
   * @param now the present, in nanoseconds
   */
  boolean isLeft(long now) {
    left = Math.min(MOST_NANOS, left + share * (now - then));
    then = now;
    return left > 0;
  }

  /** Subtracts the CPU time of a look-up, in nanoseconds. */
  void spend(long nanos) {
    left = Math.max(-MOST_NANOS, left - nanos);
  }
}
