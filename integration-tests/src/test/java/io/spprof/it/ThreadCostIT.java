package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.ThreadStarts;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * What threads pay at their start and end is told. The interval is so long that there are few
 * signals; what the profiler's own thread takes is read from the system and left out.
 */
class ThreadCostIT {

  private static final int THREADS = 30_000;

  @Test
  void shouldTellWhatStartsAndEndsOfThreadsCost() throws Exception {
    try (TargetJvm target = TargetJvm.of(ThreadStarts.class, THREADS).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1s");
      long signals = bean.number("Signals");
      long toldBefore = bean.number("OverheadCpuTimeNanos");
      long ownBefore = ownThreadNanos(target.pid());
      long cpuBefore = target.cpuNanos();
      target.ask("go");
      long cpu = target.cpuNanos() - cpuBefore;
      // The thread's clock first: what it does meanwhile is then told and not left out.
      long own = ownThreadNanos(target.pid()) - ownBefore;
      long told = bean.number("OverheadCpuTimeNanos") - toldBefore - own;
      signals = bean.number("Signals") - signals;
      bean.stop();

      String message =
          String.format(
              "told %.2f us a thread beside the own thread's, of %.1f us of CPU; %d signals",
              told / 1e3 / THREADS, cpu / 1e3 / THREADS, signals);
      Measured.tell("threads that start and end: %s", message);
      // Some system calls at the start and some at the end, each of which takes a tenth of a
      // microsecond at the very least; and they are a part of what is used in all.
      assertTrue(told > 400L * THREADS, message);
      assertTrue(told < cpu / 2, message);
    }
  }

  private static long ownThreadNanos(long pid) throws Exception {
    for (long thread : Proc.threads(pid)) {
      if (Proc.threadName(pid, thread).orElse("").startsWith("spprof-drainer")) {
        Path file = Path.of("/proc/" + pid + "/task/" + thread + "/schedstat");
        return Long.parseLong(Files.readString(file).split(" ")[0]);
      }
    }
    throw new AssertionError("the profiler has no thread");
  }
}
