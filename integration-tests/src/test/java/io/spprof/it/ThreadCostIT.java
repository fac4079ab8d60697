package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.ThreadStarts;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks that the bean's overhead includes the CPU time that sampling costs threads at their start
 * and end. The interval is so long that there are few signals. The CPU time of the profiler's own
 * thread is read from the system and subtracted.
 */
@Tag("system")
class ThreadCostIT {

  private static final int THREADS = 30_000;

  @Test
  void shouldReportWhatStartsAndEndsOfThreadsCost() throws Exception {
    try (TargetJvm target = TargetJvm.of(ThreadStarts.class, THREADS).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1s");
      long signals = bean.number("Signals");
      long reportedBefore = bean.number("OverheadCpuTimeNanos");
      long ownBefore = Proc.profilersThreadNanos(target.pid());
      long cpuBefore = target.cpuNanos();
      target.ask("go");
      long cpu = target.cpuNanos() - cpuBefore;
      // The profiler's thread is read first. What it uses after this reading then counts as
      // reported, and is not subtracted.
      long own = Proc.profilersThreadNanos(target.pid()) - ownBefore;
      long reported = bean.number("OverheadCpuTimeNanos") - reportedBefore - own;
      signals = bean.number("Signals") - signals;
      bean.stop();

      String message =
          String.format(
              "reported %.2f us a thread without the own thread's, of %.1f us of CPU; %d signals",
              reported / 1e3 / THREADS, cpu / 1e3 / THREADS, signals);
      Measured.print("threads that start and end: %s", message);
      // Each thread pays some system calls at its start and some at its end, and each of these
      // takes at least a tenth of a microsecond. All of them are part of the CPU time of the
      // process.
      assertTrue(reported > 400L * THREADS, message);
      assertTrue(reported < cpu / 2, message);
    }
  }

  /**
   * The budget is a third of what starts cost the threads without a budget, so late timers alone
   * are not enough. The profiler's own thread is left out: it looks up names once. It is chosen for
   * the rate of starts at that time. On a machine with other work, threads may start at a higher
   * rate later, and their ends then cost that much more. A thread that starts while ThreadStart is
   * switched off, and lives on, still has its stacks.
   */
  @Test
  void shouldKeepTheBudgetWhereThreadsStartAllTheTimeAndShowTheStacksOfThoseThatLive()
      throws Exception {
    try (TargetJvm target = TargetJvm.of(ThreadStarts.class, 1).start();
        BeanClient bean = BeanClient.connect(target)) {
      target.ask("loop");
      bean.startWith("interval=10ms");
      Thread.sleep(1000);
      Cost free = costOver(target, bean, 3);
      bean.stop();
      double budget = Math.max(5, Math.round(100 * free.ofStarts() / 3)) / 100.0;
      bean.startWith("interval=10ms,budget=" + budget);
      Await.until(
          "ThreadStart is switched off", () -> bean.text("LastError").contains("start too often"));
      target.ask("worker");
      Cost kept = costOver(target, bean, 10);
      Await.until("samples of the thread that lives", () -> bean.collapsed().with("worker") >= 20);
      Collapsed profile = bean.collapsed();
      bean.stop();

      long all = profile.with("worker");
      long whole = profile.with("ThreadStarts.longWork");
      String message =
          String.format(
              "budget %.2f %%, without it %s, with it %s; %d of %d samples of the thread that lives"
                  + " have its method",
              budget, free, kept, whole, all);
      Measured.print("threads that start all the time: %s", message);
      double more = Math.max(1, kept.starts() / free.starts());
      assertTrue(kept.percent() <= 1.2 * budget * more, message);
      assertTrue(whole > 0.8 * all, message);
    }
  }

  private static Cost costOver(TargetJvm target, BeanClient bean, int seconds) throws Exception {
    long from = System.nanoTime();
    long before = bean.number("OverheadCpuTimeNanos");
    long ownBefore = Proc.profilersThreadNanos(target.pid());
    long started = Long.parseLong(target.ask("started"));
    Thread.sleep(1000L * seconds);
    // Read first, so that nothing is subtracted that is not in the cost.
    double own = Proc.profilersThreadNanos(target.pid()) - ownBefore;
    double cost = bean.number("OverheadCpuTimeNanos") - before;
    double starts = Long.parseLong(target.ask("started")) - started;
    double elapsed = System.nanoTime() - from;
    return new Cost(100 * cost / elapsed, 100 * (cost - own) / elapsed, 1e9 * starts / elapsed);
  }

  /**
   * The reported overhead.
   *
   * @param percent percent of one CPU
   * @param ofStarts the same without the profiler's own thread
   * @param starts starts of threads per second
   */
  private record Cost(double percent, double ofStarts, double starts) {

    @Override
    public String toString() {
      return String.format(
          "%.2f %% (%.2f of it threads) at %.0f starts a second", percent, ofStarts, starts);
    }
  }
}
