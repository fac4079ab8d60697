package io.spprof.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the controller that keeps the profiler's overhead within its budget, with a simulated
 * application: the number of signals follows from the interval, and each signal has a cost.
 */
final class OverheadControllerTest {

  private static final long MS = 1_000_000;
  private static final int PASSES = 10; // passes a second

  /** An application, and the cost of profiling it. */
  private static final class Simulation {
    final Random random = new Random(7);
    final OverheadController controller;
    DoubleUnaryOperator usage = t -> 1; // CPUs in use, by time in seconds
    DoubleUnaryOperator costNanos = t -> 20_000; // cost of one signal, ns
    double fixedShare = 0.0002; // fixed cost at the fastest pace, of one CPU
    double lag = 0.5; // share of the old interval that is in effect after a pass
    final List<Double> overheadByPass = new ArrayList<>(); // by pass, of one CPU
    final List<Long> intervals = new ArrayList<>();
    double cpu;
    double overhead;
    double fixed;
    double hooks;
    DoubleUnaryOperator hookShare = t -> 0; // cost of thread starts and ends, of one CPU
    double effective; // interval that is in effect, ns
    long signals;
    long signalsThen; // signals when the collector was last awake
    int pass;
    int nextAwake;
    int spikeAt = -1;
    double spikeNanos; // a single cost on the profiler's own thread, ns
    double onceNanos; // a cost at the beginning that the profiler knows not to come again, ns
    DoubleUnaryOperator onceShare = t -> 0; // such costs later, of one CPU
    double once;

    Simulation(double budgetPercent, long shortestNanos) {
      this(budgetPercent, shortestNanos, 2);
    }

    Simulation(double budgetPercent, long shortestNanos, int cpus) {
      controller = new OverheadController(budgetPercent, shortestNanos, cpus);
      effective = shortestNanos;
    }

    void run(int seconds) {
      double dt = 1e9 / PASSES;
      for (int end = pass + seconds * PASSES; pass < end; pass++) {
        double t = (double) pass / PASSES;
        effective += (1 - lag) * (controller.intervalNanos() * controller.share() - effective);
        double used = usage.applyAsDouble(t) * dt;
        double mean = used / effective;
        int count = (int) mean + (random.nextDouble() < mean - (int) mean ? 1 : 0);
        boolean awake = pass >= nextAwake;
        double own = awake ? fixedShare * dt : 0;
        own += pass == spikeAt ? spikeNanos : 0;
        double cost = own + count * costNanos.applyAsDouble(t) * (0.5 + random.nextDouble());
        cpu += count * effective;
        signals += count;
        overhead += cost;
        fixed += own;
        double ofHooks = hookShare.applyAsDouble(t) * dt;
        hooks += ofHooks;
        cost += ofHooks;
        overhead += ofHooks;
        overheadByPass.add(cost / dt);
        double onceNow = (pass == 0 ? onceNanos : 0) + onceShare.applyAsDouble(t) * dt;
        once += onceNow;
        overhead += onceNow;
        if (awake) {
          nextAwake = pass + controller.pace() * (signals > signalsThen ? 1 : 2);
          signalsThen = signals;
          controller.update(
              new OverheadController.Measured(
                  (long) ((pass + 1) * dt),
                  signals,
                  (long) cpu,
                  (long) overhead,
                  (long) fixed,
                  (long) once,
                  (long) hooks));
        }
        intervals.add(controller.intervalNanos());
      }
    }

    /** The highest overhead in any 10 s after the given second, in percent of one CPU. */
    double worst(int fromSecond) {
      double worst = 0;
      for (int i = fromSecond * PASSES; i + 10 * PASSES <= overheadByPass.size(); i++) {
        double sum = 0;
        for (double share : overheadByPass.subList(i, i + 10 * PASSES)) {
          sum += share;
        }
        worst = Math.max(worst, 100 * sum / (10 * PASSES));
      }
      return worst;
    }

    long changes(int fromSecond) {
      long changes = 0;
      for (int i = Math.max(1, fromSecond * PASSES); i < intervals.size(); i++) {
        changes += intervals.get(i).equals(intervals.get(i - 1)) ? 0 : 1;
      }
      return changes;
    }
  }

  @Test
  void shouldLeaveTheIntervalWhereTheBudgetAllowsIt() {
    Simulation simulation = new Simulation(1, 10 * MS);
    simulation.usage = t -> 2; // 200 signals a second cost 0.4 %
    simulation.run(120);
    assertEquals(0, simulation.changes(0));
    assertEquals(10 * MS, simulation.controller.intervalNanos());
  }

  /** Thread starts and ends take half of the budget; signals get the rest. */
  @Test
  void shouldLeaveLessForSignalsWhereThreadsStartAndEnd() {
    Simulation simulation = new Simulation(1, 1 * MS);
    simulation.usage = t -> 8;
    simulation.hookShare = t -> 0.005;
    simulation.run(120);
    assertTrue(simulation.worst(20) <= 1, () -> simulation.worst(20) + " %");
    assertTrue(simulation.worst(20) > 0.7, () -> simulation.worst(20) + " %");
    assertFalse(simulation.controller.outOfReach());
    assertEquals(0.5, simulation.controller.hookPercent(), 0.01);
  }

  @Test
  void shouldSayThatStartsAndEndsOfThreadsAloneTakeTheBudget() {
    Simulation simulation = new Simulation(1, 1 * MS);
    simulation.hookShare = t -> 0.02;
    simulation.run(30);
    assertTrue(simulation.controller.outOfReach());
    assertEquals(1, simulation.controller.pace(), "its own thread is not to blame");
    assertEquals(2, simulation.controller.hookPercent(), 0.2);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.3, 1, 5})
  void shouldKeepTheBudgetUnderASteadyLoadAndUseIt(double budget) {
    Simulation simulation = new Simulation(budget, 1 * MS);
    simulation.usage = t -> 8;
    simulation.run(120);
    assertTrue(simulation.worst(20) <= budget, () -> simulation.worst(20) + " %");
    assertTrue(simulation.worst(20) > 0.5 * budget, () -> simulation.worst(20) + " %");
    assertTrue(simulation.changes(20) < 30, () -> simulation.changes(20) + " changes");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 20})
  void shouldKeepTheBudgetUnderALoadThatSwings(int seconds) {
    Simulation simulation = new Simulation(0.3, 1 * MS, 60);
    simulation.usage = t -> (int) (t / seconds) % 2 == 0 ? 0.01 : 60;
    simulation.run(300);
    assertTrue(simulation.worst(20) <= 1.2 * 0.3, () -> simulation.worst(20) + " %");
  }

  @Test
  void shouldKeepTheBudgetWhenSignalsGetExpensive() {
    Simulation simulation = new Simulation(1, 1 * MS);
    simulation.usage = t -> 2;
    simulation.costNanos = t -> (int) (t / 15) % 2 == 0 ? 5_000 : 60_000; // deep stacks
    simulation.run(300);
    assertTrue(simulation.worst(20) <= 1.2, () -> simulation.worst(20) + " %");
  }

  @Test
  void shouldComeBackToTheConfiguredIntervalWhenTheLoadGoes() {
    Simulation simulation = new Simulation(0.3, 10 * MS);
    simulation.usage = t -> t < 30 ? 60 : 0.01;
    simulation.run(29);
    assertTrue(simulation.controller.intervalNanos() > 100 * MS);
    simulation.run(60);
    assertEquals(10 * MS, simulation.controller.intervalNanos());
  }

  @Test
  void shouldShortenOneRungASecondAtMost() {
    Simulation simulation = new Simulation(0.3, 10 * MS);
    simulation.usage = t -> t < 30 ? 60 : 0.01;
    simulation.run(90);
    for (int i = 10; i < simulation.intervals.size(); i++) {
      long now = simulation.intervals.get(i);
      long secondBefore = simulation.intervals.get(i - 10);
      assertTrue(now >= secondBefore / 1.7, secondBefore + " to " + now); // 1.5 and 1
    }
  }

  @Test
  void shouldLetThreadsRestWhereTheLongestIntervalIsNotEnough() {
    Simulation simulation = new Simulation(0.05, 10 * MS);
    simulation.usage = t -> t < 120 ? 100 : 1; // signals cost 0.2 % even at an interval of 1 s
    simulation.run(120);
    assertTrue(simulation.controller.share() >= 4, () -> "" + simulation.controller.share());
    assertTrue(simulation.worst(60) <= 1.2 * 0.05, () -> simulation.worst(60) + " %");
    simulation.run(180);
    assertEquals(1, simulation.controller.share());
    assertTrue(simulation.controller.intervalNanos() < 1000 * MS);
    assertFalse(simulation.controller.outOfReach());
  }

  @Test
  void shouldReportThatItsOwnWorkIsOverTheBudget() {
    Simulation simulation = new Simulation(0.1, 10 * MS);
    simulation.usage = t -> 0;
    simulation.fixedShare = 8 * 2 * 0.002; // twice the budget at the slowest pace and idle
    simulation.run(60);
    assertTrue(simulation.controller.outOfReach());
    assertEquals(8, simulation.controller.pace());
    assertEquals(0.2, simulation.controller.fixedPercent(), 0.01);
    assertEquals(1000 * MS, simulation.controller.intervalNanos());
    assertEquals(1, simulation.controller.share(), "threads rest though their signals cost little");
  }

  @Test
  void shouldNotReportASpikeAsOverTheBudget() {
    Simulation simulation = new Simulation(0.05, 10 * MS);
    simulation.spikeAt = 5;
    simulation.spikeNanos = 60 * MS; // the budget of two minutes
    for (int second = 0; second < 60; second++) {
      simulation.run(1);
      assertFalse(simulation.controller.outOfReach(), "in second " + second);
    }
    assertEquals(1, simulation.controller.share());
    assertTrue(simulation.controller.intervalNanos() < 1000 * MS, "still pays for it");
  }

  /** A session's start costs as much as a small budget allows in minutes. */
  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.1, 0.3, 1})
  void shouldNotTakeACostThatComesOnceForASteadyOne(double budget) {
    Simulation simulation = new Simulation(budget, 10 * MS);
    simulation.usage = t -> 2;
    simulation.onceNanos = 100 * MS;
    for (int second = 0; second < 30; second++) {
      simulation.run(1);
      assertEquals(1, simulation.controller.share(), "threads rest in second " + second);
      double fixed = simulation.controller.fixedPercent();
      assertTrue(fixed <= 0.0201, fixed + " % in second " + second);
    }
    Simulation without = new Simulation(budget, 10 * MS);
    without.usage = t -> 2;
    without.run(30);
    assertEquals(
        without.controller.intervalNanos(),
        simulation.controller.intervalNanos(),
        0.3 * without.controller.intervalNanos());
  }

  /** Names of native functions cost more than the whole budget for some seconds. */
  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.3, 1})
  void shouldSampleAsBeforeWhileCostsThatComeOnceKeepComing(double budget) {
    Simulation simulation = new Simulation(budget, 10 * MS);
    Simulation without = new Simulation(budget, 10 * MS);
    simulation.usage = t -> 60;
    without.usage = simulation.usage;
    simulation.onceShare = t -> t < 60 ? 0 : 2 * budget / 100;
    long longest = 0;
    for (int second = 0; second < 120; second++) {
      without.run(1);
      longest = Math.max(longest, without.controller.intervalNanos() * without.controller.share());
    }
    for (int second = 0; second < 120; second++) {
      simulation.run(1);
      long interval = simulation.controller.intervalNanos() * simulation.controller.share();
      assertTrue(interval <= longest, interval + " ns in second " + second);
    }
  }

  @Test
  void shouldLeaveThePaceWhereThereIsRoomForAllSignals() {
    Simulation simulation = new Simulation(0.3, 10 * MS);
    simulation.usage = t -> 0.01;
    simulation.fixedShare = 0.0024; // 0.4 of the budget when idle
    simulation.run(60);
    assertEquals(1, simulation.controller.pace());
    assertEquals(10 * MS, simulation.controller.intervalNanos());
  }

  @Test
  void shouldSampleAllThreadsAgainAlthoughItsOwnThreadIsExpensive() {
    Simulation simulation = new Simulation(0.05, 10 * MS);
    simulation.fixedShare = 8 * 2 * 0.9 * 0.0005; // 0.9 of the budget at the slowest pace and idle
    simulation.usage = t -> t < 120 ? 100 : 0.01;
    simulation.run(120);
    assertTrue(simulation.controller.share() > 1, () -> "" + simulation.controller.share());
    simulation.run(60);
    assertEquals(1, simulation.controller.share());
  }

  @Test
  void shouldHaveItsOwnThreadSleepLongerWhereTheBudgetIsSmall() {
    Simulation simulation = new Simulation(0.3, 1 * MS);
    simulation.usage = t -> 2;
    simulation.fixedShare = 0.004; // more than the budget
    simulation.run(120);
    assertEquals(4, simulation.controller.pace());
    assertFalse(simulation.controller.outOfReach());
    assertTrue(simulation.worst(30) <= 1.2 * 0.3, () -> simulation.worst(30) + " %");
    assertTrue(simulation.worst(30) > 0.5 * 0.3, () -> simulation.worst(30) + " %");

    simulation.fixedShare = 0.0002;
    simulation.run(120);
    assertEquals(1, simulation.controller.pace());
  }

  @Test
  void shouldKeepTheBudgetUnderALoadThatSwingsWhileItsOwnThreadSleepsLonger() {
    Simulation simulation = new Simulation(0.2, 1 * MS, 60);
    simulation.usage = t -> (int) (t / 20) % 2 == 0 ? 0.01 : 60;
    simulation.fixedShare = 0.004;
    simulation.run(300);
    assertTrue(simulation.controller.pace() > 1);
    assertTrue(simulation.worst(30) <= 1.2 * 0.2, () -> simulation.worst(30) + " %");
  }

  @Test
  void shouldNotMoveWhenTimeDoesNot() {
    OverheadController controller = new OverheadController(1, 10 * MS, 2);
    controller.update(new OverheadController.Measured(0, 1_000_000, 1, 1_000_000_000, 0, 0, 0));
    assertEquals(10 * MS, controller.intervalNanos());
  }

  @Test
  void shouldHaveOneRungAtTheLongestInterval() {
    Simulation simulation = new Simulation(0.1, 1000 * MS);
    simulation.usage = t -> 60;
    simulation.run(20);
    assertEquals(1000 * MS, simulation.controller.intervalNanos());
    assertTrue(simulation.controller.share() > 1);
  }
}
