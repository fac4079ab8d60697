package io.spprof.budget;

import io.spprof.sampler.Sampler;

/**
 * The sampling interval of a session, which a budget can change: the present interval, and the
 * shortest and the longest interval since the open window of time began. The session's thread
 * changes the interval. The same thread calls {@link #windowClosed}, under the lock of the
 * profiler's collector. Any thread may read, because the three intervals are one immutable object
 * in a volatile field.
 */
public final class IntervalInForce {

  /**
   * The interval at one moment.
   *
   * @param nanos the interval in force, in nanoseconds
   * @param shortestNanos the shortest interval since the open window began, in nanoseconds
   * @param longestNanos the longest interval since the open window began, in nanoseconds
   */
  public record Range(long nanos, long shortestNanos, long longestNanos) {}

  private volatile Range range;

  /**
   * Creates an object with the configured interval.
   *
   * @param nanos the configured interval, in nanoseconds
   */
  public IntervalInForce(long nanos) {
    range = new Range(nanos, nanos, nanos);
  }

  /**
   * Returns the present interval, and the shortest and the longest since the open window began.
   *
   * @return the intervals of one moment, not null
   */
  public Range range() {
    return range;
  }

  /**
   * Sets the sampler's interval, unless it has this interval already.
   *
   * @param sampler the session's sampler
   * @param nanos the new interval, in nanoseconds
   * @return false if the sampler could not change the interval
   */
  public boolean change(Sampler sampler, long nanos) {
    Range now = range;
    if (nanos == now.nanos) {
      return true;
    }
    // Made before the change: the heap may have no room for it.
    Range next =
        new Range(nanos, Math.min(nanos, now.shortestNanos), Math.max(nanos, now.longestNanos));
    if (!sampler.setInterval(nanos)) {
      return false;
    }
    range = next;
    return true;
  }

  /** Begins the next window, with the interval in force. Called when a window was closed. */
  public void windowClosed() {
    long nanos = range.nanos;
    range = new Range(nanos, nanos, nanos);
  }
}
