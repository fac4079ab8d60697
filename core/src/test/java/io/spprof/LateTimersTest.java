package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Starts and ends of threads at so many a second, which cost 2 µs each, or 0.5 µs if late. */
final class LateTimersTest {

  private static final long PASS_NANOS = 100_000_000;

  private final LateTimers timers = new LateTimers(1);
  private long now;
  private long hooks;
  private long nanos;

  private void run(int seconds, int hooksPerSecond) {
    for (int pass = 0; pass < 10 * seconds; pass++) {
      int more = hooksPerSecond / 10;
      now += PASS_NANOS;
      hooks += more;
      nanos += more * (timers.late() ? 500 : 2000);
      timers.update(now, hooks, nanos);
    }
  }

  @Test
  void shouldLeaveTimersAloneWhereStartsAndEndsCostLittle() {
    run(60, 1000); // 0.2 % of a CPU

    assertFalse(timers.late());
    assertEquals(0.002, timers.share(), 0.0001);
  }

  @Test
  void shouldMakeTimersLateWhereStartsAndEndsTakeMuchOfTheBudget() {
    run(10, 10_000); // 2 %

    assertTrue(timers.late());
    assertEquals(0.005, timers.share(), 0.0005);
  }

  /** What they cost with late timers says nothing: at once it would be too much again. */
  @Test
  void shouldStayLateAsLongAsTimersAtOnceWouldCostTooMuch() {
    run(10, 10_000);
    run(60, 2_000); // 0.1 %; 0.4 % at once

    assertTrue(timers.late());
  }

  @Test
  void shouldMakeTimersAtOnceAgainWhenThatCostsLittleForTenSeconds() {
    run(10, 10_000);
    run(5, 100);
    assertTrue(timers.late());
    run(20, 100);

    assertFalse(timers.late());
  }

  @Test
  void shouldNotBeMovedByABurst() {
    run(10, 100);
    hooks += 1_000;
    nanos += 1_000 * 2000; // 2 ms
    run(1, 100);

    assertFalse(timers.late());
  }
}
