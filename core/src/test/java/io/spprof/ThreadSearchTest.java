package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ThreadSearchTest {

  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;
  private static final int SHARE = 100;

  private final ThreadSearch search = new ThreadSearch(7 * SECOND);

  @Test
  void shouldNotSearchWhereNothingIsUnseen() {
    for (int i = 1; i <= 50; i++) {
      search.swept(i * 200 * MS, 7 * SECOND + i * MS); // half of a hundredth
      assertEquals(Long.MAX_VALUE, search.dueNanos());
    }
  }

  @Test
  void shouldSearchEveryFewMillisecondsOnceCpuTimeIsUnseen() {
    search.swept(200 * MS, 7 * SECOND + 3 * MS);
    assertEquals(205 * MS, search.dueNanos());
    search.searched(205 * MS, 20_000, SHARE);
    assertEquals(210 * MS, search.dueNanos());
  }

  @Test
  void shouldStayWithinItsShareOfACpu() {
    search.swept(200 * MS, 7 * SECOND + 3 * MS);
    long now = 200 * MS;
    long spent = 0;
    while (now < 2 * SECOND) {
      now = search.dueNanos();
      search.searched(now, 3 * MS, SHARE);
      spent += 3 * MS;
    }
    assertTrue(spent <= (now - 200 * MS) / SHARE + 6 * MS, () -> "too much");
  }

  @Test
  void shouldEndTwoSecondsAfterTheLastUnseen() {
    search.swept(200 * MS, 7 * SECOND + 100 * MS);
    search.swept(400 * MS, 7 * SECOND + 200 * MS);
    search.swept(600 * MS, 7 * SECOND + 200 * MS);
    search.searched(2399 * MS, 10_000, SHARE);
    assertEquals(2404 * MS, search.dueNanos());
    search.searched(2404 * MS, 10_000, SHARE);
    assertEquals(Long.MAX_VALUE, search.dueNanos());
  }

  @Test
  void shouldNotPutOffASearchThatIsDue() {
    search.swept(200 * MS, 7 * SECOND + 100 * MS);
    search.swept(203 * MS, 7 * SECOND + 103 * MS);
    assertEquals(205 * MS, search.dueNanos());
  }
}
