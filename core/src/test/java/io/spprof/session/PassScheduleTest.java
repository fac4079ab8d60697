package io.spprof.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.spprof.budget.Budget;
import io.spprof.collect.Pass;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PassScheduleTest {

  private static final long MS = 1_000_000;
  private static final int CAPACITY = 1 << 20;
  private static final int FEW = CAPACITY / 100;

  private final Budget budget = mock(Budget.class);
  private PassSchedule schedule;
  private long now;

  @BeforeEach
  void begin() {
    when(budget.pace()).thenReturn(1);
    schedule = new PassSchedule(CAPACITY, budget);
  }

  /** Makes a pass when it is due, and returns the pause until the next one in milliseconds. */
  private long pauseAfter(int bytes, boolean hasSamples, boolean hasRenamed) {
    now = schedule.dueNanos();
    schedule.begun(now);
    schedule.passed(now, new Pass(bytes, hasSamples, 0, 0, 0, hasRenamed));
    return (schedule.dueNanos() - now) / MS;
  }

  @Test
  void shouldBeDueFiveTimesASecondAfterTheFirstPasses() {
    assertEquals(100 * MS, schedule.dueNanos());
    assertEquals(100, pauseAfter(FEW, true, false));
    assertEquals(200, pauseAfter(FEW, true, false));
    assertEquals(200, pauseAfter(FEW, true, false));
    assertEquals(200, pauseAfter(0, false, false));
  }

  @Test
  void shouldBeDueEarlierWhileTheRingFillsUp() {
    pauseAfter(FEW, true, false);
    assertEquals(200, pauseAfter(FEW, true, false));
    assertEquals(100, pauseAfter(CAPACITY / 8 + 1, true, false));
    assertEquals(50, pauseAfter(CAPACITY / 8 + 1, true, false));
    assertEquals(50, pauseAfter(CAPACITY / 16, true, false)); // as it is
    for (int i = 0; i < 10; i++) {
      pauseAfter(CAPACITY, true, false);
    }
    assertEquals(5, pauseAfter(CAPACITY, true, false));
    assertEquals(10, pauseAfter(FEW, true, false));
    for (int i = 0; i < 10; i++) {
      pauseAfter(FEW, true, false);
    }
    assertEquals(100, pauseAfter(FEW, true, false)); // The next burst may come soon.
  }

  @Test
  void shouldBeDueTenTimesASecondWhereTheRingIsSmall() {
    schedule = new PassSchedule(CAPACITY - 1, budget);
    for (int i = 0; i < 5; i++) {
      assertEquals(100, pauseAfter(FEW, true, false));
    }
    assertEquals(200, pauseAfter(0, false, false));
  }

  @Test
  void shouldKeepABudgetTenTimesASecondWhileSamplesCome() {
    when(budget.isSet()).thenReturn(true);
    assertEquals(100, pauseAfter(FEW, true, false));
    assertEquals(200, pauseAfter(0, false, false));
    assertEquals(100, pauseAfter(FEW, true, false));
    when(budget.pace()).thenReturn(4);
    assertEquals(200, pauseAfter(FEW, true, false));
    assertEquals(400, pauseAfter(FEW, true, false));
    assertEquals(400, pauseAfter(FEW, true, false));
    assertEquals(800, pauseAfter(0, false, false));
  }

  @Test
  void shouldBeDueTenTimesASecondForTenSecondsAfterARenaming() {
    pauseAfter(FEW, true, false);
    assertEquals(200, pauseAfter(FEW, true, false));
    assertEquals(100, pauseAfter(FEW, true, true));
    long renamed = now;
    while (now + 100 * MS < renamed + 10_000 * MS) {
      assertEquals(100, pauseAfter(FEW, true, false));
    }
    assertEquals(200, pauseAfter(FEW, true, false));
  }

  @Test
  void shouldWaitLongerWhereNothingHappens() {
    now = schedule.dueNanos();
    schedule.hadNothing(now);
    assertEquals(now + 100 * MS, schedule.dueNanos());
    schedule.hadNothing(now);
    schedule.hadNothing(now);
    assertEquals(now + 200 * MS, schedule.dueNanos());
  }

  /** A pass that fails does not report its end. */
  @Test
  void shouldBeDueLaterAfterAPassThatFails() {
    now = schedule.dueNanos();
    schedule.begun(now);
    assertTrue(schedule.dueNanos() > now);
  }
}
