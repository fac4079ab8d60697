package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Crowd;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import javax.management.ObjectName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thousands of threads, at once and one after the other: none is lost, and none leaves anything.
 */
@Timeout(value = 600, threadMode = ThreadMode.SEPARATE_THREAD) // a client of a JVM that hangs hangs
@ExtendWith(UsersTimers.class)
class ManyThreadsIT {

  private static final int CROWD = 2_000;
  private static final int CHURN_SECONDS = Integer.getInteger("spprof.it.churn.seconds", 2);

  /** What a thread may leave in the process; a slot, a timer or a stack would be more. */
  private static final int BYTES_LEFT_OF_A_THREAD = 32;

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldSampleACrowdAndForgetIt(String engine) throws Exception {
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

      // Started and stopped while the crowd is there.
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
      target.ask("churn"); // most of what grows once has grown
      // What a thread leaves behind grows every time; what the JVM still compiles, on a busy
      // machine
      // for long, does not.
      List<String> rounds = new ArrayList<>();
      while (!churnLeavesNothing(engine, target, rounds)) {
        assertTrue(rounds.size() < 4, rounds::toString);
      }
      awaitOneTimerAThread(engine, target, bean);
      assertEquals(0, bean.number("ThreadsFailed"));
      // While they come and go it says how much of their CPU time no signal stands for.
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
    Measured.tell(
        "%s: %d threads, %.0f a second; native memory grew by %d kB",
        engine, threads, threads * 1e9 / Long.parseLong(churn[1]), grown >> 10);
    rounds.add("native memory grew by " + (grown >> 10) + " kB for " + threads + " threads");
    // The walker's tables, 2.5 MiB of the session's memory, fill as new code is met.
    return grown < (8 << 20) + (5 << 19) + threads * BYTES_LEFT_OF_A_THREAD;
  }

  private static TargetJvm crowd() throws Exception {
    // The heap is all there from the beginning: what grows is not the heap. It has room for tables
    // of the default size.
    return TargetJvm.of(Crowd.class, CROWD, CHURN_SECONDS * 1_000)
        .environment("MALLOC_ARENA_MAX", "1") // as many heaps as there are CPUs would grow in turn
        .flags("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch", "-Xss256k", "-XX:+UseSerialGC")
        .start();
  }

  /**
   * The profiler's own thread is the one that is not sampled. A timer of the process is shared by
   * the threads that the JVM knows, and all others count as one.
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
