package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class WordsTest {

  @Test
  void shouldShowDurationsInTheirTwoLargestUnits() {
    assertEquals("0 s", Words.duration(999));
    assertEquals("59 s", Words.duration(59_999));
    assertEquals("1 min", Words.duration(60_000));
    assertEquals("12 min 5 s", Words.duration(725_000));
    assertEquals("3 h 12 min", Words.duration(3 * 3_600_000 + 12 * 60_000 + 59_000));
    assertEquals("4 d 2 h", Words.duration(98 * 3_600_000.0));
    assertEquals("7 d", Words.duration(7 * 86_400_000.0));
  }

  @Test
  void shouldShowIntervalsRoundedInTheUnitThatSuitsThem() {
    assertEquals("100 \u00b5s", Words.interval(100_000));
    assertEquals("1 ms", Words.interval(1_000_000));
    assertEquals("2.5 ms", Words.interval(2_500_000));
    assertEquals("12.3 ms", Words.interval(12_345_678));
    assertEquals("1 s", Words.interval(1e9));
    assertEquals("-", Words.interval(Double.NaN));
  }

  @Test
  void shouldPutFinalFiguresIntoWords() {
    assertEquals(
        "Session 3: 5,000 samples, 21 dropped, measured overhead 0.13 % of one CPU, in 1 min 13 s",
        Words.finalFigures(
            "session=3 durationMillis=73012 collected=5000 dropped=21"
                + " measuredOverheadPercent=0.126 overheadPercent=0.250"));
    assertEquals("session=3", Words.finalFigures("session=3"));
  }
}
