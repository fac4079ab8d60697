package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import io.spprof.it.load.JdbcOverSocket;
import io.spprof.it.load.LibcCalls;
import io.spprof.it.load.Transfers;
import io.spprof.it.load.Waits;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What blocks goes on as if nobody sampled: nothing fails, nothing is cut short, nothing returns
 * early. The workloads fail as a whole, and with them their targets' exit, where that is not so.
 */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD) // a client of a JVM that hangs hangs
class BlockingCallsIT {

  private static final int MILLIS = Integer.getInteger("spprof.it.calls.millis", 1_500);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Each engine with threads that use much CPU time between their calls, and with sleepers. */
  static Stream<Arguments> busyAndAsleep() {
    return Engines.all()
        .flatMap(engine -> Stream.of(5_000, 0).map(busyMicros -> Arguments.of(engine, busyMicros)));
  }

  @ParameterizedTest
  @MethodSource("busyAndAsleep")
  void shouldNotShortenAWait(String engine, int busyMicros) throws Exception {
    try (TargetJvm target = TargetJvm.of(Waits.class, busyMicros).start();
        BeanClient bean = BeanClient.connect(target)) {
      sample(engine, bean, target, "waits");
      Measured.tell(
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
      Measured.tell(
          "unsampled, %d us busy: calls %s, EINTR %s",
          busyMicros, target.ask("calls"), target.ask("interrupted"));
      sample(engine, bean, target, "calls");
      Measured.tell(
          "%s, %d us busy: calls %s, EINTR %s",
          engine, busyMicros, target.ask("calls"), target.ask("interrupted"));
      assertEquals(0, figures(target.ask("interrupted")).get("read"));
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldTransferEveryByte(String engine) throws Exception {
    try (TargetJvm target = TargetJvm.of(Transfers.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      sample(engine, bean, target, "transfers");
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldNotDisturbADatabaseBehindASocket(String engine) throws Exception {
    try (TargetJvm target =
            TargetJvm.of(JdbcOverSocket.class, 3).classPathOf(org.h2.Driver.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=100us,engine=" + engine);
      long before = Long.parseLong(target.ask("transactions"));
      Thread.sleep(MILLIS);
      Await.until(
          "transactions go on",
          PATIENCE,
          () -> Long.parseLong(target.ask("transactions")) > before + 20);
      Measured.tell("%s: transactions %s", engine, target.ask("transactions"));
      bean.stop();
      assertTrue(bean.number("CollectedSamples") > 0);
    }
  }

  /** Samples for a while, and until every kind of thread has got on; all of them were hit. */
  private static void sample(String engine, BeanClient bean, TargetJvm target, String question)
      throws Exception {
    bean.startWith("interval=100us,engine=" + engine);
    Map<String, Long> before = figures(target.ask(question));
    assertFalse(before.isEmpty());
    Thread.sleep(MILLIS);
    Await.until(
        "each kind of call goes on",
        PATIENCE,
        () ->
            figures(target.ask(question)).entrySet().stream()
                .allMatch(now -> now.getValue() > before.getOrDefault(now.getKey(), 0L) + 20));
    bean.stop();
    Map<String, Long> samples = new TreeMap<>();
    bean.collapsed()
        .stacks()
        .forEach(stack -> samples.merge(stack.frames().get(0), stack.count(), Long::sum));
    Measured.tell("%s: samples %s, calls %s", engine, samples, target.ask(question));
    Figures.of(bean).assertExact();
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
