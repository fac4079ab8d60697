package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.spprof.profile.HotMethod;
import io.spprof.profile.ProfileMethod;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MethodTableTest {

  private static final long PLENTY = 1L << 30;

  @Test
  void shouldKeepSyntheticFramesApartFromMethods() {
    MethodTable table = new MethodTable(new MemoryBudget(PLENTY));

    assertEquals(table.synthetic("[a]"), table.synthetic("[a]"));
    assertNotEquals(table.synthetic("[a]"), table.synthetic("[b]"));
    assertNotEquals(table.synthetic("[a]"), table.of(ProfileMethod.java("m8")));
  }

  @Test
  void shouldKeepRoomForSyntheticFramesWhenTheColumnsCannotGrow() {
    MethodTable table =
        new MethodTable(new MemoryBudget(180 << 10)); // the names fit, twice the columns do not
    for (long method = 8; method < 80_000; method += 8) {
      table.of(ProfileMethod.java("m" + method));
    }
    int synthetic = table.synthetic("[unwalkable: unknown cause]");

    table.count(new int[] {synthetic}, 1, 5);

    assertEquals(
        List.of(new HotMethod("[unwalkable: unknown cause]", 100, 100, 1)), table.hottest(5));
  }

  @Test
  void shouldCountAFrameOnceASampleHoweverOftenItRecurs() {
    MethodTable table = new MethodTable(new MemoryBudget(PLENTY));
    int leaf = table.of(ProfileMethod.java("m8"));
    int recursive = table.of(ProfileMethod.java("m16"));

    table.count(new int[] {leaf, recursive, recursive, recursive}, 4, 10);
    table.count(new int[] {recursive, recursive}, 2, 5);

    assertEquals(
        List.of(new HotMethod("m8", 10, 10, 1), new HotMethod("m16", 5, 15, 1)),
        table.hottest(100));
  }
}
