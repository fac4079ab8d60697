package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import io.spprof.it.load.JdbcOverSocket;
import io.spprof.it.load.LibcCalls;
import io.spprof.it.load.Transfers;
import io.spprof.it.load.Waits;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Blocking calls work as without sampling: no call fails, transfers less, or returns early. If one
 * does, the workload fails, and so does the exit of its target.
 */
@Timeout( // only against a hang: a single wait may take a quarter of an hour
    value = 3600,
    threadMode = ThreadMode.SEPARATE_THREAD) // a client of a JVM that hangs would hang, too
@Tag("system")
class BlockingCallsIT {

  private static final int MILLIS = Integer.getInteger("spprof.it.calls.millis", 500);

  /**
   * Each engine, with threads that use much CPU time between their calls, and with sleeping threads
   * beside a thread that blocks all signals.
   */
  static Stream<Arguments> busyAndAsleep() {
    return Engines.all()
        .flatMap(engine -> Stream.of(5_000, 0).map(busyMicros -> Arguments.of(engine, busyMicros)));
  }

  @ParameterizedTest
  @MethodSource("busyAndAsleep")
  void shouldNotShortenAWait(String engine, int busyMicros) throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Waits.class, busyMicros).classPathOf(Native.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      sample(engine, bean, target, "waits");
      pester(engine, bean, target);
      Measured.print(
          "%s, %d us busy: waits %s, short %s",
          engine, busyMicros, target.ask("waits"), target.ask("short"));
      figures(target.ask("short")).forEach((kind, count) -> assertEquals(0, count, kind));
    }
  }

  @ParameterizedTest
  @MethodSource("busyAndAsleep")
  void shouldRestartWhatTheSystemRestarts(String engine, int busyMicros) throws Exception {
    try (TargetJvm target =
            TargetJvm.of(LibcCalls.class, busyMicros).classPathOf(Native.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      Thread.sleep(MILLIS);
      Measured.print(
          "unsampled, %d us busy: calls %s, EINTR %s",
          busyMicros, target.ask("calls"), target.ask("interrupted"));
      long nanosBefore = sum(figures(target.ask("nanos")));
      sample(engine, bean, target, "calls");
      Map<String, Long> interrupted = figures(target.ask("interrupted"));
      double ticks =
          (sum(figures(target.ask("nanos"))) - nanosBefore) / (double) CpuClock.tickNanos();
      Measured.print(
          "%s, %d us busy: calls %s, EINTR %s, ran for %.1f ticks in calls",
          engine, busyMicros, target.ask("calls"), interrupted, ticks);
      if (engine.equals("ctimer")) {
        // The timer of a thread expires only while the thread runs, so it interrupts no sleeping
        // thread, but calls that the kernel's tick finds on their way in or out. Four standard
        // deviations, and some for rare events. The timer of the process interrupts sleepers, too.
        assertTrue(sum(interrupted) <= ticks + 4 * Math.sqrt(ticks) + 4, interrupted::toString);
      }

      pester(engine, bean, target);
      Map<String, Long> pestered = figures(target.ask("interrupted"));
      Measured.print("%s, pestered: EINTR %s", engine, pestered);
      assertTrue(sum(pestered) > sum(interrupted), "the signals hit sleeping threads: " + pestered);
      assertEquals(0, pestered.get("read"), "SA_RESTART restarts a read");
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldTransferEveryByte(String engine) throws Exception {
    try (TargetJvm target = TargetJvm.of(Transfers.class).classPathOf(Native.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      sample(engine, bean, target, "transfers");
      pester(engine, bean, target);
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldNotDisturbADatabaseBehindASocket(String engine) throws Exception {
    try (TargetJvm target =
            TargetJvm.of(JdbcOverSocket.class, 3)
                .classPathOf(org.h2.Driver.class)
                .classPathOf(Native.class)
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=100us,engine=" + engine);
      long before = Long.parseLong(target.ask("transactions"));
      Thread.sleep(MILLIS);
      Await.until(
          "transactions make progress",
          () -> Long.parseLong(target.ask("transactions")) > before + 20);
      Measured.print("%s: transactions %s", engine, target.ask("transactions"));
      target.ask("pester");
      bean.stop();
      Figures.of(bean).assertExact();
    }
  }

  /**
   * Samples for a while, until every kind of call has made progress, and checks that no signal is
   * lost.
   */
  private static void sample(String engine, BeanClient bean, TargetJvm target, String question)
      throws Exception {
    bean.startWith("interval=100us,engine=" + engine);
    Map<String, Long> before = figures(target.ask(question));
    assertFalse(before.isEmpty());
    Thread.sleep(MILLIS);
    Await.until(
        "each kind of call makes progress",
        () ->
            figures(target.ask(question)).entrySet().stream()
                .allMatch(now -> now.getValue() > before.getOrDefault(now.getKey(), 0L) + 20));
    bean.stop();
    Map<String, Long> samples = new TreeMap<>();
    bean.collapsed()
        .stacks()
        .forEach(stack -> samples.merge(stack.frames().get(0), stack.count(), Long::sum));
    Measured.print("%s: samples %s, calls %s", engine, samples, target.ask(question));
    Figures.of(bean).assertExact();
  }

  /**
   * Sends signals that do hit sleeping threads, to show that a workload that could not cope with
   * them would fail.
   */
  private static void pester(String engine, BeanClient bean, TargetJvm target) throws Exception {
    bean.startWith("interval=100us,engine=" + engine);
    long before = (Long) bean.field("DroppedByReason", "foreign");
    target.ask("pester");
    bean.stop();
    assertTrue((Long) bean.field("DroppedByReason", "foreign") > before + 100);
    Figures.of(bean).assertExact();
  }

  private static long sum(Map<String, Long> figures) {
    return figures.values().stream().mapToLong(Long::longValue).sum();
  }

  private static Map<String, Long> figures(String answer) {
    Map<String, Long> figures = new TreeMap<>();
    Arrays.stream(answer.split(" "))
        .filter(figure -> !figure.isEmpty())
        .map(figure -> figure.split("="))
        .forEach(figure -> figures.put(figure[0], Long.valueOf(figure[1])));
    return figures;
  }
}
