package io.spprof.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.sampler.ThreadStarts;
import org.junit.jupiter.api.Test;

/**
 * Tests the control that decides how much the profiler does at the start and end of each thread.
 * Simulated threads cost 4 µs each, 3 µs if they get their timers late, and 0.2 µs if the JVM does
 * not report their starts. The budget is 1 %.
 */
final class ThreadStartsControlTest {

  private static final long PASS_NANOS = 100_000_000;

  private final ThreadStartsControl control = new ThreadStartsControl(1);
  private long now;
  private long hooks;
  private long nanos;

  private void pass(int threads) {
    boolean unheard = control.now() == ThreadStarts.UNHEARD;
    boolean timed = control.now() == ThreadStarts.TIMED;
    now += PASS_NANOS;
    hooks += (unheard ? 1L : timed ? 3L : 2L) * threads;
    nanos += threads * (unheard ? 200L : timed ? 4000L : 3000L);
    control.update(now, hooks, nanos);
  }

  private void run(int seconds, int threadsPerSecond) {
    for (int i = 0; i < 10 * seconds; i++) {
      pass(threadsPerSecond / 10);
    }
  }

  @Test
  void shouldLeaveStartsAloneWhereTheyCostLittle() {
    run(60, 500); // 0.2 % of a CPU

    assertEquals(ThreadStarts.TIMED, control.now());
  }

  @Test
  void shouldMakeTimersLateWhereStartsAndEndsTakeMuchOfTheBudget() {
    run(30, 1500); // 0.6 %, then 0.45 %

    assertEquals(ThreadStarts.LATE, control.now());
  }

  @Test
  void shouldDisableThreadStartEventsWhereLateTimersTakeTooMuchOfTheBudget() {
    run(10, 5000); // 2 %, then 1.5 %, then 0.1 %
    long before = nanos;
    run(60, 5000);

    assertEquals(ThreadStarts.UNHEARD, control.now());
    assertEquals(60 * 1_000_000, nanos - before);
  }

  /** The current cost is no measure: one step back would cost too much again. */
  @Test
  void shouldStayWhereItIsAsLongAsMoreWouldCostTooMuch() {
    run(10, 5000);
    run(60, 1000); // 0.3 % with late timers

    assertEquals(ThreadStarts.UNHEARD, control.now());
  }

  @Test
  void shouldDoMoreAgainStepByStepWhenThatCostsLittleForTenSeconds() {
    run(10, 5000);
    run(12, 100);
    assertEquals(ThreadStarts.UNHEARD, control.now(), "its rate is smoothed over some seconds");
    run(4, 100);
    assertEquals(ThreadStarts.LATE, control.now());
    run(20, 100);

    assertEquals(ThreadStarts.TIMED, control.now());
  }

  @Test
  void shouldNotBeMovedByABurst() {
    run(10, 50);
    pass(500); // 2 ms
    run(1, 50);

    assertEquals(ThreadStarts.TIMED, control.now());
  }
}
