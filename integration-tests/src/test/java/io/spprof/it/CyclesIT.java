package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs cycles of start and stop through the bean while the H2 load is live: few in an ordinary
 * build, 10,000 with -Psoak. After each stop, the counters must account for every signal, and the
 * profiler must have left nothing in the process (see {@link ProcessState}).
 */
@Tag("cycles")
class CyclesIT {

  private static final int CYCLES = Integer.getInteger("spprof.it.cycles", 40);
  private static final String[] INTERVALS = {"5ms", "100us", "5ms", "1ms", "5ms", "10ms", "1s"};
  private static final int CLIENTS = 10;
  private static final int STARTS_EACH = Math.min(100, Math.max(1, CYCLES / 5));

  @ParameterizedTest
  @ValueSource(strings = {"ctimer", "itimer"})
  void shouldLeaveNoTraceAfterAnyCycle(String engine) throws Exception {
    // Closing the target asserts that the JVM exits with status 0.
    try (TargetJvm target = load();
        BeanClient bean = BeanClient.connect(target)) {
      ProcessState before = ProcessState.before(target);
      long startNanos = 0;
      long stopNanos = 0;
      long checkNanos = 0;
      for (int cycle = 1; cycle <= CYCLES; cycle++) {
        String options = "engine=" + engine + ",interval=" + INTERVALS[cycle % INTERVALS.length];
        long a = System.nanoTime();
        assertEquals(cycle, bean.startWith(options));
        long b = System.nanoTime();
        Thread.sleep(cycle % 4); // 0 ms as well: a stop directly after a start
        long c = System.nanoTime();
        bean.stop();
        long d = System.nanoTime();
        before.assertUnchanged("after cycle " + cycle + " with " + options);
        Figures.of(bean).assertExact();
        long e = System.nanoTime();
        startNanos += b - a;
        stopNanos += d - c;
        checkNanos += e - d;
      }
      Figures all = Figures.of(bean);
      assertTrue(all.collected() > 0, all::toString);
      assertEquals(CYCLES, bean.number("SessionsStarted"));
      System.out.printf(
          "CyclesIT %s: %d cycles; 1,000 of them take %.1f s (start %.2f ms, stop %.2f ms), the"
              + " checks %.1f s; %d samples, %d dropped%n",
          engine,
          CYCLES,
          (startNanos + stopNanos) / 1e6 / CYCLES,
          startNanos / 1e6 / CYCLES,
          stopNanos / 1e6 / CYCLES,
          checkNanos / 1e6 / CYCLES,
          all.collected(),
          all.dropped());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ctimer", "itimer"})
  void shouldRefuseCleanlyWhereTenClientsStartAndStopAtOnce(String engine) throws Exception {
    try (TargetJvm target = load();
        BeanClient bean = BeanClient.connect(target)) {
      ProcessState before = ProcessState.before(target);
      RacingClients clients = new RacingClients(target, "engine=" + engine + ",interval=5ms");
      long begun = System.nanoTime();
      clients.run(CLIENTS, STARTS_EACH);
      double seconds = (System.nanoTime() - begun) / 1e9;
      System.out.printf(
          "CyclesIT %s: %d clients in %.1f s: %s%n", engine, CLIENTS, seconds, clients);

      int sessions = CLIENTS * STARTS_EACH;
      clients.assertEachSessionWasStartedAndStoppedOnce(1, sessions);
      assertTrue(
          clients.refusedStarts() > 0,
          "no start was refused because of a running session: " + clients);
      assertEquals("IDLE", bean.text("State"));
      assertEquals("", bean.text("LastError"));
      assertEquals(sessions, bean.number("SessionsStarted"));
      Figures.of(bean).assertExact();
      before.assertUnchanged("after " + sessions + " sessions of " + CLIENTS + " clients");

      assertEquals(sessions + 1, bean.startWith("engine=" + engine + ",interval=1ms"));
      bean.stop();
      before.assertUnchanged("after one more");
    }
  }

  private static TargetJvm load() throws Exception {
    return TargetJvm.h2(2).start();
  }
}
