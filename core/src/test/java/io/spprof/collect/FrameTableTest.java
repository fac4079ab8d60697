package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Frames;
import org.junit.jupiter.api.Test;

final class FrameTableTest {

  @Test
  void shouldNumberEachLineOnce() {
    FrameTable table = new FrameTable(new MemoryBudget(1 << 30));
    for (int round = 0; round < 2; round++) {
      for (int method = 0; method < 300; method++) {
        for (int line = 0; line < 100; line++) {
          assertEquals(method * 100 + line, table.of(method, line));
        }
      }
    }

    Frames frames = table.frames();
    assertEquals(30_000, frames.count());
    assertEquals(123, frames.methods()[12_345]);
    assertEquals(45, frames.lines()[12_345]);
    assertEquals(123, table.method(12_345));
  }

  @Test
  void shouldLeaveASnapshotAsItIs() {
    FrameTable table = new FrameTable(new MemoryBudget(1 << 30));
    table.of(1, 2);
    Frames before = table.frames();
    for (int line = 0; line < 10_000; line++) {
      table.of(3, line);
    }

    assertEquals(1, before.count());
    assertEquals(1, before.methods()[0]);
    assertEquals(2, before.lines()[0]);
  }

  @Test
  void shouldHaveRoomForSyntheticFramesWhenOthersHaveNone() {
    MemoryBudget budget = new MemoryBudget(20 << 10);
    FrameTable table = new FrameTable(budget);
    int line = 0;
    while (table.of(1, line) >= 0) {
      line++;
    }

    int known = table.of(1, 0);
    int synthetic = table.synthetic(2);

    assertEquals(0, known);
    assertTrue(synthetic >= line);
    assertNotEquals(synthetic, table.synthetic(3));
    assertEquals(synthetic, table.synthetic(2));
    assertTrue(budget.used() <= 20 << 10);
  }
}
