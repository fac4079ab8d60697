package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Crowd;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thousands of threads, at the same time and one after the other. None is missed, and none leaves
 * anything behind.
 */
@Timeout(
    value = 3600,
    threadMode = ThreadMode.SEPARATE_THREAD) // a client of a JVM that hangs would hang, too
@ExtendWith(UsersTimers.class)
@Tag("system")
class ManyThreadsIT {

  private static final int CROWD = 2_000;
  private static final int CHURN_SECONDS = Integer.getInteger("spprof.it.churn.seconds", 2);

  /** The bytes that a thread may leave in the process. A slot, a timer or a stack is larger. */
  private static final int BYTES_LEFT_OF_A_THREAD = 32;

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldSampleACrowdAndKeepNothingOfIt(String engine) throws Exception {
    try (TargetJvm target = crowd();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=100us,engine=" + engine);
      for (int i = 0; i < 2; i++) {
        target.ask("gather");
        awaitOneTimerAThread(engine, target, bean);
        assertTrue(bean.number("ThreadsSampled") >= CROWD);
        assertEquals(0, bean.number("ThreadsFailed"));
        target.ask("dismiss");
        awaitOneTimerAThread(engine, target, bean);
        assertTrue(bean.number("ThreadsSampled") < CROWD);
      }
      bean.stop();
      assertNothingLost(target, bean);

      // The session starts and stops while the crowd exists.
      target.ask("gather");
      for (int i = 0; i < 5; i++) {
        bean.startWith("interval=100us,engine=" + engine);
        assertTrue(bean.number("ThreadsSampled") >= CROWD);
        bean.stop();
        assertNothingLost(target, bean);
      }
      target.ask("dismiss");
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldKeepUpWithThreadsThatComeAndGo(String engine) throws Exception {
    try (TargetJvm target = crowd();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=100us,engine=" + engine);
      target.ask("churn"); // memory that grows only once has then grown

      // Memory that threads leave behind grows in every round. Memory for code that the JVM still
      // compiles, for a long time on a busy machine, does not.
      List<String> rounds = new ArrayList<>();
      while (!churnLeavesNothing(engine, target, rounds)) {
        assertTrue(rounds.size() < 4, rounds::toString);
      }
      awaitOneTimerAThread(engine, target, bean);
      assertEquals(0, bean.number("ThreadsFailed"));
      // While such threads come and go, LastError reports how much of their CPU time no signal
      // stands for.
      Await.until("nothing is wrong once they have gone", () -> bean.text("LastError").isEmpty());
      assertTrue(bean.number("Signals") > 0);
      bean.stop();
      assertNothingLost(target, bean);

      bean.startWith("interval=100us,engine=" + engine);
      long signals = bean.number("Signals");
      target.ask("gather");
      awaitOneTimerAThread(engine, target, bean);
      assertTrue(bean.number("Signals") > signals, "a session afterwards samples");
      bean.stop();
      assertNothingLost(target, bean);
    }
  }

  private static boolean churnLeavesNothing(String engine, TargetJvm target, List<String> rounds)
      throws Exception {
    long before = nativeMemory(target);
    String[] churn = target.ask("churn").split(" ");
    long grown = nativeMemory(target) - before;
    long threads = Long.parseLong(churn[0]);
    Measured.print(
        "%s: %d threads, %.0f a second; native memory grew by %d kB",
        engine, threads, threads * 1e9 / Long.parseLong(churn[1]), grown >> 10);
    rounds.add("native memory grew by " + (grown >> 10) + " kB for " + threads + " threads");
    // The walker's tables, 2.75 MiB of the session's memory, fill when the walker meets new code.
    return grown < (8 << 20) + (11 << 18) + threads * BYTES_LEFT_OF_A_THREAD;
  }

  private static TargetJvm crowd() throws Exception {
    // The heap has its full size from the beginning, so memory that grows is not the heap. It has
    // room for tables of the default size.
    return TargetJvm.of(Crowd.class, CROWD, CHURN_SECONDS * 1_000)
        .environment(
            "MALLOC_ARENA_MAX",
            "1") // with several arenas, one for each CPU, each would grow in turn
        .flags("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch", "-Xss256k", "-XX:+UseSerialGC")
        .start();
  }

  /**
   * Waits until every thread has a timer, except the profiler's own thread, which is not sampled.
   * With one timer for the process, ThreadsSampled counts the threads that the JVM knows, and all
   * other threads as one.
   */
  private static void awaitOneTimerAThread(String engine, TargetJvm target, BeanClient bean)
      throws Exception {
    ObjectName threads = new ObjectName(ManagementFactory.THREAD_MXBEAN_NAME);
    Await.until(
        "as many threads are sampled as there are",
        () ->
            bean.number("ThreadsSampled")
                == (engine.equals("ctimer")
                    ? Proc.threads(target.pid()).size() - 1
                    : (Integer) bean.connection().getAttribute(threads, "ThreadCount") + 1));
  }

  private static void assertNothingLost(TargetJvm target, BeanClient bean) throws Exception {
    Traces.awaitNoThread("the session is over", target);
    Traces.assertNone(target);
    Figures.of(bean).assertExact();
    assertEquals(0, bean.number("ThreadsSampled"));
  }

  private static long nativeMemory(TargetJvm target) throws Exception {
    String kilobytes = Proc.status(target.pid(), "RssAnon").split(" ")[0];
    return Long.parseLong(kilobytes) << 10;
  }
}
