package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import io.spprof.it.load.GcAndJit;
import io.spprof.it.load.Hello;
import io.spprof.it.load.OneAfterTheOther;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks that a session's timers, its SIGPROF handler and its threads exist while the session
 * samples, and that none of them exists after the session has ended.
 */
class TeardownIT {

  @Test
  void shouldLeaveNoTimerNoHandlerAndNoThreadAfterStop() throws Exception {
    int many = TargetJvm.many();
    try (TargetJvm target = TargetJvm.of(Busy.class, many, 5).start();
        BeanClient bean = BeanClient.connect(target)) {
      Traces.assertNone(target);
      for (int i = 0; i < 5; i++) {
        bean.startWith("interval=1ms");
        Thread.sleep(200);
        assertTrue(Proc.timers(target.pid()).size() >= many, "one timer for each thread");
        assertTrue(Proc.catches(target.pid(), Proc.SIGPROF));
        assertFalse(Traces.ownThreads(target).isEmpty());
        assertFalse(javaThreads(bean).isEmpty());
        bean.stop();
        assertEquals(List.of(), javaThreads(bean));
        Traces.assertNone(target);
      }
    }
  }

  /**
   * The profiler's threads that the JVM lists. A stop guarantees that these are gone when it
   * returns.
   */
  private static List<String> javaThreads(BeanClient bean) throws Exception {
    ThreadMXBean threads =
        ManagementFactory.newPlatformMXBeanProxy(
            bean.connection(), ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
    return Stream.of(threads.getThreadInfo(threads.getAllThreadIds()))
        .filter(Objects::nonNull)
        .map(ThreadInfo::getThreadName)
        .filter(name -> name.startsWith("spprof"))
        .toList();
  }

  @Test
  void shouldExitAsUsualWhileASessionIsRunning() throws Exception {
    for (int i = 0; i < 3; i++) {
      // Closing the target asserts status 0; a signal that comes too late would make it 155.
      try (TargetJvm target = TargetJvm.of(Busy.class, 20, 5).start();
          BeanClient bean = BeanClient.connect(target)) {
        bean.startWith("interval=100us");
        Thread.sleep(100);
      }
    }
  }

  @Test
  void shouldEndASessionByItselfWhenItsDurationIsOver() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 2, 5).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms,duration=1s");
      assertEquals(1, bean.number("SessionsStarted"));
      Await.until("the session is over", () -> bean.text("State").equals("IDLE"));
      // The session was ended by its own thread, which still has a few instructions to run; a stop
      // would wait for it.
      Traces.awaitNoThread("the session is over", target);
      Traces.assertNone(target);
      assertEquals(bean.number("CollectedSamples"), bean.collapsed().total());
      assertTrue((Long) bean.field("Session", "durationMillis") >= 1_000);
    }
  }

  /** A late signal would meet the default action, which ends the process with status 155. */
  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldLeaveAProcessThatLivesOn(String engine) throws Exception {
    for (Class<?> load : List.of(GcAndJit.class, OneAfterTheOther.class)) {
      try (TargetJvm target = TargetJvm.of(load).start();
          BeanClient bean = BeanClient.connect(target)) {
        for (int i = 0; i < 10; i++) {
          bean.startWith("interval=100us,engine=" + engine);
          Thread.sleep(20);
          bean.stop();
          assertFalse(Proc.catches(target.pid(), Proc.SIGPROF), "SIGPROF is still caught");
        }
        long before = target.cpuNanos();
        Await.until(
            "it uses two seconds of CPU time after the last stop",
            () -> target.cpuNanos() > before + 2_000_000_000);
        Traces.assertNone(target);
      }
    }
  }

  @Test
  void shouldCostAnIdleJvmNoThreadAndNoLibrary() throws Exception {
    try (TargetJvm target = TargetJvm.of(Hello.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.all();
      Traces.assertNone(target);
      List<String> ours =
          Proc.mappedFiles(target.pid()).stream()
              .filter(file -> file.matches(".*(libspprof|jna).*\\.(so|tmp).*"))
              .toList();
      assertEquals(List.of(), ours, "loaded when a session first starts, not before");
    }
  }
}
