package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class RecentRatesTest {

  private static final long SECOND = 1_000_000_000L;

  private final RecentRates rates = new RecentRates();

  @Test
  void shouldBeZeroAtFirst() {
    assertEquals(0, rates.rates().samples());
    assertEquals(0, rates.rates().drops());
  }

  @Test
  void shouldCountFromTheStartWhileThatIsNear() {
    rates.add(2 * SECOND, 100, 10);
    assertEquals(50, rates.rates().samples());
    assertEquals(5, rates.rates().drops());
    rates.add(4 * SECOND, 100, 10);
    assertEquals(25, rates.rates().samples());
  }

  @Test
  void shouldForgetWhatIsLongerAgoThanTenSeconds() {
    for (int second = 1; second <= 100; second++) {
      rates.add(second * SECOND, Math.min(second, 50) * 200L, second);
      double expected = 20.0 * Math.max(0, Math.min(10, Math.min(second, 60 - second)));
      if (second >= 10) {
        assertEquals(expected, rates.rates().samples(), 1e-9, "second " + second);
        assertEquals(1, rates.rates().drops(), 1e-9);
      }
    }
    assertEquals(0, rates.rates().samples());
  }

  @Test
  void shouldForgetAsSoonWhereSecondsAreLong() {
    for (int i = 1; i <= 15; i++) {
      rates.add(2 * i * SECOND, i <= 10 ? 200L * i : 2000, 0);
    }
    assertEquals(0, rates.rates().samples());
  }
}
