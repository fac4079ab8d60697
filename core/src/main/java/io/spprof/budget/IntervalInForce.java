package io.spprof.budget;

import io.spprof.sampler.Sampler;

/**
 * The sampling interval of a session: the present one, and the shortest and longest since the open
 * window began. The session's thread changes it, except that a closing window is {@link
 * #windowClosed reported} under the collector's lock, by the same thread. Any thread reads: the
 * three figures are one immutable object in a volatile field.
 */
public final class IntervalInForce {

  /**
   * At one moment.
   *
   * @param nanos in force, ns
   * @param shortestNanos since the open window began, ns
   * @param longestNanos the same
   */
  public record Range(long nanos, long shortestNanos, long longestNanos) {}

  private volatile Range range;

  /**
   * Begins with one.
   *
   * @param nanos the configured interval, ns
   */
  public IntervalInForce(long nanos) {
    range = new Range(nanos, nanos, nanos);
  }

  /**
   * What it is now, and was.
   *
   * @return of one moment, not null
   */
  public Range range() {
    return range;
  }

  /**
   * Has the sampler use another one, if it is another.
   *
   * @param sampler the session's
   * @param nanos ns
   * @return false if it cannot
   */
  public boolean change(Sampler sampler, long nanos) {
    Range now = range;
    if (nanos == now.nanos) {
      return true;
    }
    if (!sampler.setInterval(nanos)) {
      return false;
    }
    range = new Range(nanos, Math.min(nanos, now.shortestNanos), Math.max(nanos, now.longestNanos));
    return true;
  }

  /** A window was closed. The next one begins with the interval in force. */
  public void windowClosed() {
    long nanos = range.nanos;
    range = new Range(nanos, nanos, nanos);
  }
}
