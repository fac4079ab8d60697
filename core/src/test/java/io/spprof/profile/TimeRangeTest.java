package io.spprof.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TimeRangeTest {

  private static final long NOW = Instant.parse("2026-01-31T12:00:00Z").toEpochMilli();

  @Test
  void shouldTakeNothingForAll() {
    assertEquals(TimeRange.ALL, TimeRange.parse("", NOW));
    assertEquals(TimeRange.ALL, TimeRange.parse(" ", NOW));
    assertEquals(TimeRange.ALL, TimeRange.parse(null, NOW));
  }

  @ParameterizedTest
  @CsvSource({
    "last=1s, 1000",
    "last=10m, 600000",
    "last=2h, 7200000",
    "last=30d, 2592000000",
    "from=-90s, 90000",
    " from = 2026-01-31T11:59:00Z , 60000"
  })
  void shouldReadWhereItBegins(String text, long ago) {
    assertEquals(new TimeRange(NOW - ago, Long.MAX_VALUE), TimeRange.parse(text, NOW));
  }

  @Test
  void shouldReadBothEnds() {
    assertEquals(
        new TimeRange(NOW - 1_800_000, NOW - 1_200_000), TimeRange.parse("from=-30m,to=-20m", NOW));
    assertEquals(
        new TimeRange(1_769_860_000_000L, NOW),
        TimeRange.parse("to=2026-01-31T12:00:00Z,from=1769860000000", NOW));
    assertEquals(new TimeRange(Long.MIN_VALUE, NOW - 1000), TimeRange.parse("to=-1s", NOW));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "String",
        "last",
        "last=",
        "last=m",
        "last=0s",
        "last=-5m",
        "last=31d",
        "last=5",
        "last=5w",
        "last=9999999999s",
        "last=5m,from=-6m",
        "last=5m,last=6m",
        "since=-5m",
        "from=",
        "from=yesterday",
        "from=-",
        "from=2026-01-31",
        "from=1769860000000000000",
        "from=-5m,to=-5m",
        "from=-5m,to=-6m",
        "from=-5m;to=-1m",
        ","
      })
  void shouldRefuseAllElseAndSayWhatIsValid(String text) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> TimeRange.parse(text, NOW)).getMessage();
    assertTrue(message.contains("valid: " + TimeRange.HELP), message);
  }
}
