package io.spprof.session;

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
      search.swept(i * 200 * MS, 7 * SECOND + i * MS); // half of the limit of one percent
      assertEquals(Long.MAX_VALUE, search.dueNanos());
    }
  }

  /** Threads that start and end before the first sweep would otherwise not be found. */
  @Test
  void shouldSearchUntilTheFirstSweep() {
    assertEquals(5 * MS, search.dueNanos());
    search.searched(5 * MS, 20_000, SHARE, 0);
    assertEquals(10 * MS, search.dueNanos());
    search.searched(10 * MS, 2 * MS, SHARE, 0);
    assertEquals(210 * MS, search.dueNanos());
    search.swept(200 * MS, 7 * SECOND);
    assertEquals(Long.MAX_VALUE, search.dueNanos());
  }

  @Test
  void shouldSearchEveryFewMillisecondsOnceCpuTimeIsUnseen() {
    search.swept(200 * MS, 7 * SECOND + 3 * MS);
    assertEquals(205 * MS, search.dueNanos());
    search.searched(205 * MS, 20_000, SHARE, 0);
    assertEquals(210 * MS, search.dueNanos());
  }

  @Test
  void shouldStayWithinItsShareOfACpu() {
    search.swept(200 * MS, 7 * SECOND + 3 * MS);
    long now = 200 * MS;
    long spent = 0;
    while (now < 2 * SECOND) {
      now = search.dueNanos();
      search.searched(now, 3 * MS, SHARE, 0);
      spent += 3 * MS;
    }
    assertTrue(spent <= (now - 200 * MS) / SHARE + 6 * MS, () -> "too much");
  }

  @Test
  void shouldEndTwoSecondsAfterTheLastUnseen() {
    search.swept(200 * MS, 7 * SECOND + 100 * MS);
    search.swept(400 * MS, 7 * SECOND + 200 * MS);
    search.swept(600 * MS, 7 * SECOND + 200 * MS);
    search.searched(2399 * MS, 10_000, SHARE, 0);
    assertEquals(2404 * MS, search.dueNanos());
    search.searched(2404 * MS, 10_000, SHARE, 0);
    assertEquals(Long.MAX_VALUE, search.dueNanos());
  }

  /** Such threads are found only because searches run. */
  @Test
  void shouldGoOnWhileItFindsThreadsThatAreGoneSoon() {
    search.swept(200 * MS, 7 * SECOND + 100 * MS);
    for (int i = 1; i <= 50; i++) {
      search.searched((200 + 200 * i) * MS - 1, 10_000, SHARE, 3 * i * MS);
      search.swept((200 + 200 * i) * MS, 7 * SECOND + 100 * MS);
    }
    search.searched(12_199 * MS, 10_000, SHARE, 150 * MS);
    assertEquals(12_204 * MS, search.dueNanos());
    search.searched(12_204 * MS, 10_000, SHARE, 150 * MS);
    assertEquals(Long.MAX_VALUE, search.dueNanos());
  }

  @Test
  void shouldNotPutOffASearchThatIsDue() {
    search.swept(200 * MS, 7 * SECOND + 100 * MS);
    search.swept(203 * MS, 7 * SECOND + 103 * MS);
    assertEquals(205 * MS, search.dueNanos());
  }
}
