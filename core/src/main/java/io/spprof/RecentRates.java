package io.spprof;

import java.util.concurrent.TimeUnit;

/**
 * Computes how many samples were collected and how many signals were dropped per second: over the
 * last ten seconds, or since the session's start if the start was less than ten seconds ago. The
 * session's thread adds the present counts. Any thread may read the rates.
 */
final class RecentRates {

  /** The length of the time over which rates are computed, in seconds. */
  static final int SECONDS = 10;

  private static final long SECONDS_NANOS = TimeUnit.SECONDS.toNanos(SECONDS);

  /**
   * Rates at one moment.
   *
   * @param samples samples collected per second
   * @param drops signals dropped per second
   */
  record Rates(double samples, double drops) {
    static final Rates NONE = new Rates(0, 0);
  }

  private final long[] nanos = new long[SECONDS + 1];
  private final long[] samples = new long[SECONDS + 1];
  private final long[] drops = new long[SECONDS + 1];
  private int count = 1; // The first entry is the session's start: all zero.
  private volatile Rates rates = Rates.NONE;

  /**
   * Adds the present counts. Called about once a second.
   *
   * @param now ns since the session's start
   * @param samplesNow samples collected since the session's start
   * @param dropsNow signals dropped since the session's start
   */
  void add(long now, long samplesNow, long dropsNow) {
    int at = count % nanos.length;
    int oldest = count < nanos.length ? 0 : (at + 1) % nanos.length;
    for (int next = next(oldest); next != at && nanos[next] <= now - SECONDS_NANOS; ) {
      oldest = next; // If calls are more than a second apart, some entries are too old.
      next = next(next);
    }
    nanos[at] = now;
    samples[at] = samplesNow;
    drops[at] = dropsNow;
    count++;
    double seconds = Math.max(1, now - nanos[oldest]) / 1e9;
    rates =
        new Rates(
            Math.max(0, samplesNow - samples[oldest]) / seconds,
            Math.max(0, dropsNow - drops[oldest]) / seconds);
  }

  private int next(int at) {
    return (at + 1) % nanos.length;
  }

  Rates rates() {
    return rates;
  }
}
