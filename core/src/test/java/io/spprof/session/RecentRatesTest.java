package io.spprof.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.profile.CategoryTimes;
import io.spprof.profile.ProfilerStats.Counters;
import io.spprof.profile.ProfilerStats.Rates;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import org.junit.jupiter.api.Test;

final class RecentRatesTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long WEEK = 7 * 24 * 3600;

  private final RecentRates rates = new RecentRates();

  private static RecentRates.Point at(
      long nanos, long signals, long samples, long drops, long overheadNanos) {
    Drops dropped = Drops.NONE.plus(DropReason.LATE, drops);
    return new RecentRates.Point(
        nanos,
        new Counters(
            1,
            signals,
            samples,
            dropped,
            0,
            CategoryTimes.NONE,
            0,
            0,
            overheadNanos,
            0,
            KernelTimes.NONE));
  }

  private static RecentRates.Point at(long nanos, long samples, long drops) {
    return at(nanos, samples + drops, samples, drops, 0);
  }

  private Rates add(RecentRates.Point now) {
    rates.add(now);
    return rates.until(now);
  }

  @Test
  void shouldBeZeroAtFirst() {
    assertEquals(Rates.ZERO, rates.until(at(0, 0, 0)));
  }

  @Test
  void shouldCountFromTheStartBeforeTheFirstSecond() {
    Rates now = rates.until(at(SECOND / 2, 60, 50, 10, SECOND / 20));
    assertEquals(100, now.samplesPerSecond());
    assertEquals(20, now.dropsPerSecond());
    assertEquals(0.3, now.overheadPercent(), 1e-9);
    assertEquals(10, now.measuredOverheadPercent(), 1e-9);
  }

  @Test
  void shouldCountFromTheStartWhileThatIsNear() {
    Rates now = add(at(2 * SECOND, 100, 10));
    assertEquals(50, now.samplesPerSecond());
    assertEquals(5, now.dropsPerSecond());
    assertEquals(25, add(at(4 * SECOND, 100, 10)).samplesPerSecond());
  }

  @Test
  void shouldForgetWhatIsLongerAgoThanTenSeconds() {
    for (int second = 1; second <= 100; second++) {
      Rates now = add(at(second * SECOND, Math.min(second, 50) * 200L, second));
      double expected = 20.0 * Math.max(0, Math.min(10, Math.min(second, 60 - second)));
      if (second >= 10) {
        assertEquals(expected, now.samplesPerSecond(), 1e-9, "second " + second);
        assertEquals(1, now.dropsPerSecond(), 1e-9);
      }
    }
    assertEquals(0, rates.until(at(100 * SECOND, 10_000, 100)).samplesPerSecond());
  }

  @Test
  void shouldForgetAsSoonWhereSecondsAreLong() {
    Rates now = Rates.ZERO;
    for (int i = 1; i <= 15; i++) {
      now = add(at(2 * i * SECOND, i <= 10 ? 200L * i : 2000, 0));
    }
    assertEquals(0, now.samplesPerSecond());
  }

  /** After a quiet week, a busy quarter of a minute shows in full, and is over as soon. */
  @Test
  void shouldShowTheOverheadOfNowInASessionThatIsOld() {
    long signals = 0;
    long overhead = 0;
    for (long second = 1; second <= WEEK; second++) {
      signals += 100;
      overhead += SECOND / 333;
      rates.add(at(second * SECOND, signals, signals, 0, overhead));
    }
    assertOverhead(0.25, 0.3, at(WEEK * SECOND, signals, signals, 0, overhead));
    for (long second = WEEK + 1; second <= WEEK + 15; second++) {
      signals += 10_000;
      overhead += SECOND;
      rates.add(at(second * SECOND, signals, signals, 0, overhead));
    }
    assertOverhead(25, 100, at((WEEK + 15) * SECOND, signals, signals, 0, overhead));
    for (long second = WEEK + 16; second <= WEEK + 30; second++) {
      rates.add(at(second * SECOND, signals, signals, 0, overhead));
    }
    assertOverhead(0, 0, at((WEEK + 30) * SECOND, signals, signals, 0, overhead));
  }

  private void assertOverhead(double model, double measured, RecentRates.Point now) {
    assertEquals(model, rates.until(now).overheadPercent(), 0.001);
    assertEquals(measured, rates.until(now).measuredOverheadPercent(), 0.001);
  }
}
