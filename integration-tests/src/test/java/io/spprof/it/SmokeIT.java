package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The only integration test in the Maven profile {@code quick}. It runs one session in one JVM over
 * JMX, and checks that the session samples and leaves nothing behind. Other tests examine each of
 * these claims more closely.
 */
@Tag("smoke")
class SmokeIT {

  private static final int THREADS = 2;
  private static final double TOLERANCE = 0.02;
  private static final long CPU_NANOS = CpuAccountingIT.cpuNeeded(THREADS, 1, TOLERANCE);

  /** The tolerance is argued in {@link CpuAccountingIT}; start and stop are busy here. */
  @Test
  void shouldProfileAndLeaveNothing() throws Exception {
    // Closing the target asserts that the JVM exits with status 0 and leaves no file.
    try (TargetJvm target = TargetJvm.of(Busy.class, THREADS, 5).start();
        BeanClient bean = BeanClient.connect(target)) {
      ProcessState idle = ProcessState.before(target);
      Figures first = Figures.of(bean);
      long before = target.cpuNanos();
      bean.startWith("interval=1ms");
      long begun = target.cpuNanos();
      long ownBegun = Proc.profilersThreadNanos(target.pid());
      assertTrue(Proc.catches(target.pid(), Proc.SIGPROF), "a handler while it runs");
      Await.until("CPU time is used", () -> target.cpuNanos() - begun >= CPU_NANOS);
      // The profiler's own thread is in no sample.
      long own = Proc.profilersThreadNanos(target.pid()) - ownBegun;
      long ending = target.cpuNanos();
      bean.stop();
      long ended = target.cpuNanos();

      idle.assertUnchanged("after the session");
      assertEquals("IDLE", bean.text("State"));
      assertEquals("", bean.text("LastError"));
      Figures last = Figures.of(bean);
      last.assertExact();
      Collapsed profile = bean.collapsed();
      assertEquals(last.collected(), profile.total());
      long busy = profile.count(stack -> stack.frames().get(0).startsWith("busy-"));
      assertTrue(profile.with("Busy.spin") > 0.9 * busy, "these threads do nothing else");
      long accounted = last.cpuNanos() - first.cpuNanos();
      assertTrue(
          accounted + own >= (1 - TOLERANCE) * (ending - begun)
              && accounted <= (1 + TOLERANCE) * (ended - before),
          () ->
              String.format(
                  "accounted %d ms of CPU time, used %d to %d ms, own thread %d ms; %s",
                  accounted / 1_000_000,
                  (ending - begun) / 1_000_000,
                  (ended - before) / 1_000_000,
                  own / 1_000_000,
                  last));
    }
  }
}
