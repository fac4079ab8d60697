package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ThreadTableTest {

  private final ThreadTable table = new ThreadTable(new MemoryBudget(2 << 20));

  private static String nameOf(ThreadTable table, int serial) {
    int number = table.number(serial); // may create a new name
    return table.names().get(number);
  }

  @Test
  void shouldFileThreadsOfOneNameTogether() {
    table.named(1, "worker");
    table.named(2, "worker");
    table.named(3, "main");

    assertEquals(table.number(1), table.number(2));
    assertNotEquals(table.number(1), table.number(3));
    assertEquals(List.of("worker", "main"), table.names());
  }

  @Test
  void shouldFileARenamedThreadUnderItsNewNameFromThenOn() {
    table.named(1, "before");
    int before = table.number(1);
    table.named(1, "after");

    assertNotEquals(before, table.number(1));
    assertEquals("before", table.names().get(before));
    assertEquals("after", nameOf(table, 1));
    table.named(1, "before");
    assertEquals(before, table.number(1));
  }

  @Test
  void shouldNumberAThreadWhoseNameNeverCame() {
    assertEquals("[thread 7]", nameOf(table, 7));
    assertEquals(table.number(7), table.number(7));

    table.named(7, "late");
    assertEquals("late", nameOf(table, 7));
  }

  @Test
  void shouldGrowToAnySerial() {
    table.named(1, "first");
    table.named(100_000, "last");

    assertEquals("last", nameOf(table, 100_000));
    assertEquals("first", nameOf(table, 1));
    assertEquals("[thread 99999]", nameOf(table, 99_999));
  }

  @Test
  void shouldFileThreadsUnderOneNameOnceTheBudgetIsSpent() {
    MemoryBudget budget = new MemoryBudget(16 << 10);
    ThreadTable small = new ThreadTable(budget);
    for (int serial = 1; serial < 1000; serial++) {
      small.named(serial, "thread-" + serial);
    }

    assertEquals("thread-1", nameOf(small, 1));
    assertEquals(ThreadTable.OTHERS, nameOf(small, 999));
    assertEquals(
        ThreadTable.OTHERS, nameOf(small, 1_000_000), "a serial that there is no room for");
    assertEquals(ThreadTable.OTHERS, nameOf(small, 200));
    small.named(200, "thread-1");
    assertEquals("thread-1", nameOf(small, 200), "a known name takes no room");
    assertTrue(budget.used() <= 16 << 10);
    assertTrue(small.names().size() < 200);
  }
}
