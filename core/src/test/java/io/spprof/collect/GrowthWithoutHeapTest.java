package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mockConstruction;

import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.mockito.MockedConstruction;

/** Tests that a table that finds no heap for its growth gives the memory back that it has taken. */
final class GrowthWithoutHeapTest {

  private final MemoryBudget budget = new MemoryBudget(1 << 30);
  private int added;

  /** Adds entries until the table grows, which fails. Then adds many more. */
  private void check(Class<?> part, IntConsumer add) {
    long before = budget.used();
    try (MockedConstruction<?> none =
        mockConstruction(
            part,
            (mock, context) -> {
              throw new OutOfMemoryError("Java heap space");
            })) {
      for (int attempt = 0; attempt < 3; attempt++) {
        assertThrows(Throwable.class, () -> addMany(add)); // Mockito wraps the error.
        assertEquals(before, budget.used());
      }
      assertEquals(0, none.constructed().size());
    }
    int failedAt = added;
    addMany(add);
    assertTrue(added > failedAt && budget.used() > before);
  }

  private void addMany(IntConsumer add) {
    for (int i = 0; i < 5_000; i++) {
      add.accept(added);
      added++;
    }
  }

  @Test
  void shouldGiveBackWhatRowsHaveTaken() {
    RowTable rows = new RowTable(budget);
    check(HashIndex.class, i -> rows.add(i, 1, 1, 1));
  }

  @Test
  void shouldGiveBackWhatFramesHaveTaken() {
    FrameTable frames = new FrameTable(budget);
    check(HashIndex.class, i -> frames.of(i, 1));
  }

  @Test
  void shouldGiveBackWhatStacksHaveTaken() {
    StackTable stacks = new StackTable(budget);
    stacks.number(new int[] {-1}, 1); // takes its first chunk
    check(HashIndex.class, i -> stacks.number(new int[] {i}, 1));
  }
}
