package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

final class MethodTableTest {

  private static final long PLENTY = 1L << 30;

  @Test
  void shouldKeepSyntheticFramesApartFromMethods() {
    MethodTable table = new MethodTable(new MemoryBudget(PLENTY));

    assertEquals(table.synthetic("[a]"), table.synthetic("[a]"));
    assertNotEquals(table.synthetic("[a]"), table.synthetic("[b]"));
    assertNotEquals(table.synthetic("[a]"), table.of("m8"));
  }

  @Test
  void shouldKeepRoomForSyntheticFramesWhenTheColumnsCannotGrow() {
    MethodTable table =
        new MethodTable(new MemoryBudget(180 << 10)); // the names fit, twice the columns do not
    for (long method = 8; method < 80_000; method += 8) {
      table.of("m" + method);
    }
    int synthetic = table.synthetic("[unwalkable: unknown cause]");

    table.count(new int[] {synthetic}, 1, 5);

    assertEquals(5, table.selfNanos(synthetic));
  }

  @Test
  void shouldCountAFrameOnceASampleHoweverOftenItRecurs() {
    MethodTable table = new MethodTable(new MemoryBudget(PLENTY));
    int leaf = table.of("m8");
    int recursive = table.of("m16");

    table.count(new int[] {leaf, recursive, recursive, recursive}, 4, 10);
    table.count(new int[] {recursive, recursive}, 2, 5);

    assertEquals(10, table.selfNanos(leaf));
    assertEquals(10, table.totalNanos(leaf));
    assertEquals(5, table.selfNanos(recursive));
    assertEquals(15, table.totalNanos(recursive));
    assertEquals(1, table.selfSamples(recursive));
  }
}
