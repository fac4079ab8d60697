package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.LastErrorException;
import io.spprof.it.load.Busy;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Checks the conservation law of signals: Signals = CollectedSamples + DroppedSamples + samples
 * still in the buffer. It must hold with sixty busy threads, and while the profiler's own thread is
 * stopped so that samples are dropped.
 */
@ExtendWith(UsersTimers.class)
@Tag("system")
class ConservationIT {

  /** EPERM, EACCES and ENOSYS (errno.h of Linux). */
  private static final Set<Integer> FORBIDDEN = Set.of(1, 13, 38);

  private static final int MIB = 1 << 20;

  @Test
  void shouldAccountForEverySignalAcrossAHundredSessionsUnderSixtyBusyThreads() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, TargetJvm.many(), 20).start();
        BeanClient bean = BeanClient.connect(target)) {
      Figures before = Figures.of(bean);
      for (int session = 1; session <= 100; session++) {
        assertEquals(session, bean.startWith("interval=" + (session % 2 == 0 ? "1ms" : "100us")));
        Thread.sleep(session % 20);
        Figures running = Figures.of(bean);
        assertTrue(running.inBuffer() >= 0, "running: " + running);
        bean.stop();
        Figures stopped = Figures.of(bean);
        stopped.assertExact();
        long collected = stopped.collected() - before.collected();
        assertEquals(collected, bean.collapsed().total(), "session " + session);
        assertEquals(collected, bean.field("Session", "collected"));
        assertEquals(stopped.dropped() - before.dropped(), bean.field("Session", "dropped"));
        before = stopped;
      }
      assertEquals(100, bean.number("SessionsStarted"));
      assertTrue(before.signals() > 100, before.toString());
    }
  }

  @Test
  void shouldShowTheDropsWhileAndAfterTheCollectorIsHeldStill() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, TargetJvm.many(), 1900).start();
        BeanClient bean = BeanClient.connect(target)) {
      warmUp(bean);
      long before = target.cpuNanos();
      Figures start = Figures.of(bean);
      bean.startWith("interval=100us,memory=1m,depth=2048");
      long begun = target.cpuNanos();
      long ownBegun = Proc.profilersThreadNanos(target.pid());
      try (HeldThread collector = hold(target)) {
        Await.until(
            "the ring overflows while nobody drains it",
            () -> Figures.of(bean).dropped() > start.dropped() + 20);
        Figures first = Figures.of(bean);
        Await.until("the drops go on", () -> Figures.of(bean).dropped() > first.dropped() + 20);
        Figures second = Figures.of(bean);
        assertEquals(first.collected(), second.collected(), "nothing is collected: " + second);
        assertTrue(second.bufferFull() > first.bufferFull(), second.toString());
        assertTrue(second.inBuffer() > 0, "the ring is full: " + second);
        assertTrue(second.droppedCpuNanos() > first.droppedCpuNanos(), second.toString());
        assertTrue(bean.number("MemoryUsedBytes") <= MIB, "memory=1m is the limit");
        assertTrue(collector.isHeld(), "the thread must still be held");
      }
      Await.until(
          "the collector goes on after its release",
          () -> Figures.of(bean).collected() > start.collected());
      // The profiler's own thread is in no sample.
      long own = Proc.profilersThreadNanos(target.pid()) - ownBegun;
      long ending = target.cpuNanos();
      bean.stop();
      long ended = target.cpuNanos();

      Figures stopped = Figures.of(bean);
      stopped.assertExact();
      assertTrue(stopped.bufferFull() - start.bufferFull() > 40, stopped.toString());
      assertEquals(stopped.collected() - start.collected(), bean.collapsed().total());
      long accounted = stopped.cpuNanos() - start.cpuNanos();
      assertTrue(
          accounted + own > 0.98 * (ending - begun) && accounted < 1.02 * (ended - before),
          () ->
              String.format(
                  "sampled and dropped CPU time %d ms, used %d to %d ms, own thread %d ms; %s",
                  accounted / 1_000_000,
                  (ending - begun) / 1_000_000,
                  (ended - before) / 1_000_000,
                  own / 1_000_000,
                  stopped));
    }
  }

  private static void warmUp(BeanClient bean) throws Exception {
    bean.start();
    bean.stop();
  }

  private static HeldThread hold(TargetJvm target) throws Exception {
    Assumptions.assumeTrue(
        Machine.given() == null, "NOT TESTED: a thread of another machine cannot be held");
    try {
      return HeldThread.hold(target, collectorOf(target));
    } catch (LastErrorException e) {
      if (!FORBIDDEN.contains(e.getErrorCode())) {
        throw e;
      }
      String reason = "NOT TESTED: this system forbids ptrace(2), so no thread can be held: " + e;
      System.err.println(reason);
      return Assumptions.abort(reason);
    }
  }

  private static long collectorOf(TargetJvm target) throws Exception {
    for (long thread : Proc.threads(target.pid())) {
      if (Proc.threadName(target.pid(), thread).orElse("").startsWith("spprof-collect")) {
        return thread;
      }
    }
    throw new AssertionError("no collector among " + Proc.threadNames(target.pid()));
  }
}
