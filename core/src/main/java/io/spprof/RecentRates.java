package io.spprof;

import java.util.concurrent.TimeUnit;

/**
 * Rates over the last ten seconds, or since the session's start if that is shorter. One thread adds
 * figures, any thread reads the rates.
 */
final class RecentRates {

  /** Seconds that count. */
  static final int SECONDS = 10;

  private static final long SECONDS_NANOS = TimeUnit.SECONDS.toNanos(SECONDS);

  /**
   * Rates.
   *
   * @param samples samples collected a second
   * @param drops signals dropped a second
   */
  record Rates(double samples, double drops) {
    static final Rates NONE = new Rates(0, 0);
  }

  private final long[] nanos = new long[SECONDS + 1];
  private final long[] samples = new long[SECONDS + 1];
  private final long[] drops = new long[SECONDS + 1];
  private int count = 1; // the first is the session's start: zeros
  private volatile Rates rates = Rates.NONE;

  /**
   * Called about once a second.
   *
   * @param now ns since the session's start
   * @param samplesNow samples collected since then
   * @param dropsNow signals dropped since then
   */
  void add(long now, long samplesNow, long dropsNow) {
    int at = count % nanos.length;
    int oldest = count < nanos.length ? 0 : (at + 1) % nanos.length;
    for (int next = next(oldest); next != at && nanos[next] <= now - SECONDS_NANOS; ) {
      oldest = next; // a thread that adds less often than once a second leaves older entries
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
