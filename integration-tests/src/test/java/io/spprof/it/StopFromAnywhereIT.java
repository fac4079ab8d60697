package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.SelfManaged;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Starts and stops from any thread and at any time: each call ends, and leaves a defined state. */
@Timeout(
    value = 3600,
    threadMode = ThreadMode.SEPARATE_THREAD) // a client of a JVM that hangs would hang, too
class StopFromAnywhereIT {

  private static final String NOTHING_TO_STOP =
      "java.lang.IllegalStateException: no session is running; call start first";

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldStopInTheLastActOfAThread(String engine) throws Exception {
    try (TargetJvm target = TargetJvm.of(SelfManaged.class, engine).start();
        BeanClient bean = BeanClient.connect(target)) {
      for (int i = 0; i < 20; i++) {
        bean.startWith("interval=100us,engine=" + engine);
        assertEquals("ok", target.ask("stop in the last act of a thread"));
        assertStopped(target, bean);
        assertEquals(NOTHING_TO_STOP, target.ask("stop in the last act of a thread"));
      }
      assertEquals(20, bean.number("SessionsStarted"));
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldStopInAVirtualThread(String engine) throws Exception {
    try (TargetJvm target = TargetJvm.of(SelfManaged.class, engine).start();
        BeanClient bean = BeanClient.connect(target)) {
      for (int i = 0; i < 10; i++) {
        bean.startWith("interval=100us,engine=" + engine);
        String outcome = target.ask("stop in a virtual thread");
        if (outcome.equals("no virtual threads")) {
          bean.stop();
        } else {
          assertEquals("ok", outcome);
        }
        assertStopped(target, bean);
      }
    }
  }

  /** Threads that are older than the session are also found if a virtual thread starts it. */
  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldWalkOlderThreadsInASessionThatAVirtualThreadStarted(String engine) throws Exception {
    TargetJvm.requireFeature(21, "virtual threads");
    try (TargetJvm target = TargetJvm.of(SelfManaged.class, engine).start();
        BeanClient bean = BeanClient.connect(target)) {
      assertEquals("ok", target.ask("start in a virtual thread"));
      Await.until("a busy thread's stack", () -> bean.collapsed().with("SelfManaged.spin") > 0);
      bean.stop();
      assertStopped(target, bean);
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldStopInAListener(String engine) throws Exception {
    try (TargetJvm target = TargetJvm.of(SelfManaged.class, engine).start();
        BeanClient bean = BeanClient.connect(target)) {
      for (int i = 0; i < 5; i++) {
        assertEquals("{start ok=2, stop ok=2}", target.ask("stop in a listener"));
        assertStopped(target, bean);
      }
      assertEquals(10, bean.number("SessionsStarted"));
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldLetOneOfTwoStopsAtOnceDoIt(String engine) throws Exception {
    try (TargetJvm target = TargetJvm.of(SelfManaged.class, engine).start();
        BeanClient bean = BeanClient.connect(target)) {
      for (int i = 0; i < 20; i++) {
        bean.startWith("interval=100us,engine=" + engine);
        assertEquals("{" + NOTHING_TO_STOP + "=1, ok=1}", target.ask("stop twice at once"));
        assertStopped(target, bean);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldSurviveARushOfStartsAndStops(String engine) throws Exception {
    try (TargetJvm target = TargetJvm.of(SelfManaged.class, engine).start();
        BeanClient bean = BeanClient.connect(target)) {
      String outcomes = target.ask("start and stop in a rush");
      String odd =
          outcomes
              .replace("start java.lang.IllegalStateException: a session is running", "")
              .replace("stop " + NOTHING_TO_STOP, "")
              .replaceAll("start ok|stop ok|=\\d+|[\\[\\], {}]", "");
      assertEquals("", odd, outcomes);
      if (bean.text("State").equals("RUNNING")) {
        bean.stop();
      }
      assertStopped(target, bean);
      assertTrue(bean.number("SessionsStarted") > 20, "too few sessions: " + bean.all());
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldExitAsUsualWhenAShutdownHookStartsOrStops(String engine) throws Exception {
    for (String question : List.of("stop at exit", "start at exit")) {
      for (int i = 0; i < 2; i++) {
        // A refused call, and a signal that comes too late, end the target with a status other than
        // 0.
        try (TargetJvm target = TargetJvm.of(SelfManaged.class, engine).start();
            BeanClient bean = BeanClient.connect(target)) {
          if (question.startsWith("stop")) {
            bean.startWith("interval=100us,engine=" + engine);
          }
          assertEquals("ok", target.ask(question));
        }
      }
    }
  }

  private static void assertStopped(TargetJvm target, BeanClient bean) throws Exception {
    assertEquals("IDLE", bean.text("State"), bean.text("LastError"));
    assertEquals("", bean.text("LastError"));
    Traces.awaitNoThread("the session is over", target);
    Traces.assertNone(target);
    Figures.of(bean).assertExact();
  }
}
