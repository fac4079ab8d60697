package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FrameTableTest {

  private static final long PLENTY = 1L << 30;

  private final Map<Long, Integer> asked = new HashMap<>();

  private FrameTable table(long budget) {
    return new FrameTable(
        new MemoryBudget(budget),
        method -> {
          asked.merge(method, 1, Integer::sum);
          return "m" + method;
        });
  }

  @Test
  void shouldNameEachMethodOnceHoweverManyThereAre() {
    FrameTable table = table(PLENTY);
    Map<Long, Integer> numbers = new HashMap<>();
    for (int round = 0; round < 2; round++) {
      for (long i = 1; i <= 20_000; i++) {
        long method = 0x7f00_0000_0000L + i * 8; // as pointers are
        int number = table.ofMethod(method);
        Integer before = numbers.put(method, number);
        assertTrue(before == null || before == number);
        assertEquals("m" + method, table.name(number));
      }
    }

    assertEquals(20_000, table.size());
    assertTrue(asked.values().stream().allMatch(times -> times == 1));
  }

  @Test
  void shouldFileMethodsOfOneNameTogether() {
    FrameTable table = new FrameTable(new MemoryBudget(PLENTY), method -> "a.B.overloaded");

    assertEquals(table.ofMethod(8), table.ofMethod(16));
    assertEquals(1, table.size());
  }

  @Test
  void shouldGiveAMethodThatCannotBeNamedAClearName() {
    FrameTable table = new FrameTable(new MemoryBudget(PLENTY), method -> null);

    assertEquals(FrameTable.UNLOADED, table.name(table.ofMethod(8)));
    assertEquals(table.ofMethod(8), table.ofMethod(16));
    assertEquals(FrameTable.NO_METHOD, table.name(table.ofMethod(0)));
    assertEquals(2, table.size());
  }

  @Test
  void shouldKeepSyntheticFramesApartFromMethods() {
    FrameTable table = table(PLENTY);

    assertEquals(table.synthetic("[a]"), table.synthetic("[a]"));
    assertNotEquals(table.synthetic("[a]"), table.synthetic("[b]"));
    assertNotEquals(table.synthetic("[a]"), table.ofMethod(8));
  }

  @Test
  void shouldFileMethodsUnderOneNameOnceTheBudgetIsSpent() {
    MemoryBudget budget = new MemoryBudget(100 << 10);
    FrameTable table = new FrameTable(budget, method -> "m" + method);
    int first = table.ofMethod(8);
    for (long method = 16; method < 80_000; method += 8) {
      table.ofMethod(method);
    }

    assertEquals(FrameTable.OTHERS, table.name(table.ofMethod(1_000_000)));
    assertEquals(first, table.ofMethod(8), "what is known stays known");
    assertTrue(budget.used() <= 100 << 10);
    assertTrue(table.size() < 2000);
  }

  @Test
  void shouldKeepRoomForSyntheticFramesWhenTheColumnsCannotGrow() {
    FrameTable table = table(150 << 10); // names fit, twice the columns do not
    for (long method = 8; method < 80_000; method += 8) {
      table.ofMethod(method);
    }
    int synthetic = table.synthetic("[unwalkable: unknown cause]");

    table.count(new int[] {synthetic}, 1, 5);

    assertEquals(5, table.selfNanos(synthetic));
  }

  @Test
  void shouldCountAFrameOnceASampleHoweverOftenItRecurs() {
    FrameTable table = table(PLENTY);
    int leaf = table.ofMethod(8);
    int recursive = table.ofMethod(16);

    table.count(new int[] {leaf, recursive, recursive, recursive}, 4, 10);
    table.count(new int[] {recursive, recursive}, 2, 5);

    assertEquals(10, table.selfNanos(leaf));
    assertEquals(10, table.totalNanos(leaf));
    assertEquals(5, table.selfNanos(recursive));
    assertEquals(15, table.totalNanos(recursive));
    assertEquals(1, table.selfSamples(recursive));
  }

  @Test
  void shouldForgetNothingWhenNamingFails() {
    boolean[] failing = {true};
    FrameTable table =
        new FrameTable(
            new MemoryBudget(PLENTY),
            method -> {
              if (failing[0]) {
                throw new OutOfMemoryError("no room for a name");
              }
              return "m" + method;
            });
    assertThrows(OutOfMemoryError.class, () -> table.ofMethod(8));
    assertEquals(0, table.size());

    failing[0] = false;
    assertEquals("m8", table.name(table.ofMethod(8)));
  }
}
