package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class MemoryBudgetTest {

  private final MemoryBudget budget = new MemoryBudget(100);

  @Test
  void shouldGiveUpToTheLastByte() {
    assertTrue(budget.take(60));
    assertTrue(budget.take(40));
    assertEquals(100, budget.used());
    assertTrue(budget.take(0));
  }

  @Test
  void shouldRefuseOneByteMoreAndTakeNothing() {
    assertTrue(budget.take(60));

    assertFalse(budget.take(41));

    assertEquals(60, budget.used());
    assertTrue(budget.take(40), "a smaller wish is still granted");
  }

  @Test
  void shouldGiveAgainWhatCameBack() {
    budget.take(100);
    budget.giveBack(30);

    assertEquals(70, budget.used());
    assertTrue(budget.take(30));
    assertFalse(budget.take(1));
  }
}
