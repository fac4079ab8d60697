package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.FlightRecorder;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tests the profiler in a JVM whose flight recorder also samples CPU time with SIGPROF, as it does
 * since JDK 25. A session must sample after a recording, be refused during one, and go on when a
 * recording begins.
 */
class FlightRecorderIT {

  @BeforeEach
  void needsTheEvent() {
    Assumptions.assumeTrue(
        Runtime.version().feature() >= 25,
        "NOT TESTED: the flight recorder has jdk.CPUTimeSample since JDK 25");
  }

  @Test
  void shouldSampleAfterARecordingAndBeRefusedDuringOne() throws Exception {
    try (TargetJvm target = TargetJvm.of(FlightRecorder.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      assertFalse(Proc.catches(target.pid(), Proc.SIGPROF));
      target.ask("record");
      Await.until("it samples", () -> !Proc.timers(target.pid()).isEmpty());
      for (int i = 0; i < 2; i++) {
        Throwable refusal = BeanClient.refusalOf(bean::start);
        assertInstanceOf(IllegalStateException.class, refusal);
        for (String part : List.of("SIGPROF", "jdk.CPUTimeSample", "JFR.stop")) {
          assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        }
        assertEquals(refusal.getMessage(), bean.text("LastError"));
      }
      assertRecords(target);

      // The recorder's handler stays installed, and a second recording works with it.
      assertTrue(Proc.catches(target.pid(), Proc.SIGPROF));
      String caught = Proc.status(target.pid(), "SigCgt");
      sample(bean);
      assertEquals(caught, Proc.status(target.pid(), "SigCgt"));
      assertEquals(List.of(), Proc.timers(target.pid()));
      target.ask("record");
      assertRecords(target);
      sample(bean);
      Figures.of(bean).assertExact();
    }
  }

  /** The flight recorder finds our handler, logs that, and records no such event. */
  @Test
  void shouldGoOnWhenARecordingBeginsDuringASession() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(FlightRecorder.class).flags("-Xlog:disable", "-Xlog:jfr=off").start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      awaitSamples(bean);
      target.ask("record");
      awaitSamples(bean);
      target.ask("end");
      awaitSamples(bean);
      bean.stop();
      assertEquals("", bean.text("LastError"));
      assertTrue(bean.collapsed().with("FlightRecorder.work") > 10);
      Figures.of(bean).assertExact();
      Traces.assertNone(target);

      // Recordings work as usual: before another session, and after a recording that began during
      // that session.
      target.ask("record");
      assertRecords(target);
      bean.startWith("interval=1ms");
      target.ask("record");
      awaitSamples(bean);
      bean.stop();
      target.ask("end");
      target.ask("record");
      assertRecords(target);
      Figures.of(bean).assertExact();
    }
  }

  private static void sample(BeanClient bean) throws Exception {
    bean.startWith("interval=1ms");
    awaitSamples(bean);
    bean.stop();
    assertEquals("", bean.text("LastError"));
  }

  private static void awaitSamples(BeanClient bean) throws Exception {
    long before = bean.number("CollectedSamples");
    Await.until("samples", () -> bean.number("CollectedSamples") > before + 20);
  }

  /** Checks that the recording that has begun has samples of its own. */
  private static void assertRecords(TargetJvm target) throws Exception {
    long from = Proc.cpuNanos(target.pid(), "busy");
    Await.until("CPU time", () -> Proc.cpuNanos(target.pid(), "busy") > from + 200_000_000L);
    assertTrue(Long.parseLong(target.ask("end")) > 5, "the recording has its samples");
  }
}
