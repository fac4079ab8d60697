package io.spprof.session;

import io.spprof.budget.Budget;
import io.spprof.collect.Collector;
import io.spprof.sampler.KernelTimes;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The one thread of a session. It does everything that a session must do regularly:
 *
 * <ul>
 *   <li>It lets the {@link Collector} empty the ring (a pass), normally ten times a second. Passes
 *       are less frequent if the ring is empty or a budget allows no more, and more frequent if the
 *       ring fills up.
 *   <li>It sweeps: it checks which threads of the process started and ended. Between two sweeps it
 *       searches for new threads. A search can be due every few milliseconds, while threads live
 *       for less time than the thread sleeps between passes ({@link ThreadSearch}).
 *   <li>Once a second it brings the times up to date that the kernel keeps for the process ({@link
 *       KernelTimes}), less often if that is expensive; and once at the beginning, because the
 *       session's start does not wait for the first reading.
 *   <li>It checks for problems, closes windows of time, and ends the session when the session's
 *       duration is over.
 * </ul>
 *
 * <p>The thread excludes itself from the profile. Its CPU time is part of the measured overhead.
 */
final class CollectorThread extends Thread {

  static final String NAME = "spprof-collector";

  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long IDLE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long SHORTEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long SWEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Sampler sampler;
  private final SessionOwner owner;
  private final CountDownLatch excluded = new CountDownLatch(1);
  private final CountDownLatch begun = new CountDownLatch(1);
  private volatile boolean ending;

  /**
   * The objects with which the thread works.
   *
   * @param clock the session's time
   * @param ring the ring from which samples are read
   * @param collector adds the samples up in tables
   * @param figures the session's figures
   * @param history closes windows of time
   * @param problems finds what limits the session; checked once a second
   * @param walkerTables keeps the walker's tables from filling up
   * @param budget limits the cost of the session
   * @param throttling how long CPU quotas have throttled the process
   * @param durationNanos the session's duration in nanoseconds; Long.MAX_VALUE for no end
   * @param windowNanos the length of a window in nanoseconds; Long.MAX_VALUE for a single window
   */
  record Work(
      SessionClock clock,
      SampleRing ring,
      Collector collector,
      SessionFigures figures,
      SessionHistory history,
      SessionProblems problems,
      WalkerTables walkerTables,
      Budget budget,
      Throttling throttling,
      long durationNanos,
      long windowNanos) {}

  // These fields are written before `begun` opens, so the thread sees them.
  private Work work;
  private ThreadSearch search;
  private long nextWindow;

  // Used by this thread only.
  private boolean hasBegun;
  private long pause = LONGEST_PAUSE_NANOS;
  private long nextPass = LONGEST_PAUSE_NANOS;
  private long nextSweep = SWEEP_NANOS;
  private long nextSecond = SECOND_NANOS;
  private long nextKernelTimes = SECOND_NANOS;
  private long countedCpu; // the part of its CPU time that was reported to the collector
  private long fixedCpu; // the part of countedCpu that was not spent on samples
  private long wokenCpu; // its CPU clock after its last pass or search

  CollectorThread(Sampler sampler, SessionOwner owner) {
    // The thread has no inherited thread-locals and no context class loader, so it keeps nothing of
    // its starter alive.
    super(null, null, NAME, 0, false);
    setDaemon(true);
    setContextClassLoader(null);
    this.sampler = sampler;
    this.owner = owner;
  }

  void awaitExcluded() {
    uninterruptibly(excluded);
  }

  void begin(Work with) {
    work = with;
    nextWindow = with.windowNanos();
    search = new ThreadSearch(sampler.counters().unseenCpuNanos());
    begun.countDown();
  }

  /** Ends the thread and waits for its end, unless the caller is this thread. */
  void end() {
    ending = true;
    begun.countDown();
    LockSupport.unpark(this);
    boolean interrupted = false;
    while (this != Thread.currentThread() && isAlive()) {
      try {
        join();
      } catch (InterruptedException e) {
        interrupted = true; // A stop is not abandoned half-way.
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void run() {
    try {
      park(1); // Linking this call takes heap, which may be full later.
      sampler.excludeCurrentThread(true);
    } catch (RuntimeException | OutOfMemoryError e) {
      // If the exclusion failed, the thread's own work appears in the profile. The starter must not
      // wait for ever.
    } finally {
      excluded.countDown();
    }
    try {
      uninterruptibly(begun);
      countedCpu = sampler.currentThreadCpuNanos();
      while (!ending) {
        wakeUp();
      }
      lookAtThrottlingOnceMore();
    } finally {
      sampler.excludeCurrentThread(false);
    }
  }

  private void wakeUp() {
    try {
      if (!hasBegun) {
        hasBegun = true;
        readKernelTimes();
        wokenCpu = sampler.currentThreadCpuNanos(); // The first search does not pay for it.
        work.problems().lookAtEnvironment();
      }
      park(untilDue());
      if (work.clock().elapsedNanos() >= search.dueNanos()) {
        search();
      }
      if (!waits()) {
        pass();
        wokenCpu = sampler.currentThreadCpuNanos();
      }
    } catch (RuntimeException | Error e) {
      // The next pass may succeed. Records for which the ring has no room until then count as
      // dropped. Without the pause, a full heap would be collected and searched for room all the
      // time; and each OutOfMemoryError takes one of the few for which the JVM keeps a stack trace.
      park(SECOND_NANOS);
    }
  }

  private static void park(long nanos) {
    LockSupport.parkNanos(nanos);
    Thread.interrupted(); // A pending interrupt would keep park from waiting.
  }

  /**
   * Returns the time until this thread must wake up, in nanoseconds: until the next pass, the next
   * search, or the end of the window or the session.
   */
  private long untilDue() {
    long now = work.clock().elapsedNanos();
    long left = Math.min(nextWindow, work.durationNanos()) - now;
    // If the session's end is overdue, the end has failed or is under way. It must not be tried
    // again all the time.
    long wait = Math.min(nextPass - now, left > 0 ? left : LONGEST_PAUSE_NANOS);
    return Math.max(SHORTEST_PAUSE_NANOS, Math.min(wait, search.dueNanos() - now));
  }

  /** Returns whether the thread woke up only for a search. */
  private boolean waits() {
    long now = work.clock().elapsedNanos();
    return now < nextPass && now < Math.min(nextWindow, work.durationNanos());
  }

  private void readKernelTimes() {
    long before = sampler.currentThreadCpuNanos();
    sampler.readKernelTimes();
    work.throttling().look();
    // A reading can be as expensive as a sweep, so it may take the same share of a CPU.
    long took = sampler.currentThreadCpuNanos() - before;
    nextKernelTimes =
        work.clock().elapsedNanos() + Math.max(SECOND_NANOS, work.budget().sweepShare() * took);
  }

  /** Brings the session's throttled time up to its end; the sampler's stop does so for the rest. */
  private void lookAtThrottlingOnceMore() {
    try {
      if (hasBegun) {
        work.throttling().look();
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      // The figure is that of the last look.
    }
  }

  private void search() {
    long found = sampler.searchThreads();
    long cpu = sampler.currentThreadCpuNanos();
    search.searched(work.clock().elapsedNanos(), cpu - wokenCpu, work.budget().sweepShare(), found);
    wokenCpu = cpu; // The next pass counts this CPU time.
  }

  private void pass() {
    long now = work.clock().elapsedNanos();
    nextPass = now + pause; // Set now, in case this pass fails.
    long due =
        Math.min(Math.min(nextSweep, nextSecond), Math.min(nextWindow, work.durationNanos()));
    if (now < due && work.ring().isEmpty()) {
      pause = Math.min(IDLE_PAUSE_NANOS * work.budget().pace(), pause * 2);
      nextPass = now + pause;
      return; // The next pass counts the CPU time of this check.
    }
    long passStart = sampler.currentThreadCpuNanos();
    int bytes = work.collector().doWork();
    long inPass = sampler.currentThreadCpuNanos() - passStart;
    // If a pass finds an eighth of the ring used, the ring still has room for a burst of eight
    // times as many records.
    if (bytes > work.ring().capacity() / 8) {
      pause = Math.max(SHORTEST_PAUSE_NANOS, pause / 2);
    } else if (bytes < work.ring().capacity() / 32) {
      pause *= 2;
    }
    pause =
        Math.min(
            pause, work.budget().pace() * (bytes > 0 ? LONGEST_PAUSE_NANOS : IDLE_PAUSE_NANOS));
    now = work.clock().elapsedNanos();
    nextPass = now + pause;
    if (now >= Math.min(nextWindow, nextKernelTimes)) {
      readKernelTimes(); // The times belong to the window that ends.
      now = work.clock().elapsedNanos();
    }
    if (now >= nextWindow) {
      // If the machine was suspended, this makes one long window instead of many empty ones.
      nextWindow = now - now % work.windowNanos() + work.windowNanos();
      work.history().roll();
    }
    if (now >= nextSweep) {
      long sweepStart = sampler.currentThreadCpuNanos();
      sampler.sweep();
      // The cost is measured in CPU time, because on a busy machine other threads use most of the
      // elapsed time.
      long took = sampler.currentThreadCpuNanos() - sweepStart;
      nextSweep = now + Math.max(SWEEP_NANOS, work.budget().sweepShare() * took);
      search.swept(now, sampler.counters().unseenCpuNanos());
    }
    if (now >= nextSecond) {
      nextSecond = now + SECOND_NANOS;
      work.collector().refreshHotMethods();
      work.problems().look(work.budget().problem());
      work.walkerTables().keepRoom(work.clock().elapsedNanos());
      owner.secondPassed(work.clock().elapsedNanos(), work.figures().stats());
    }
    long cpu = sampler.currentThreadCpuNanos();
    work.collector().addOwnCpuNanos(cpu - countedCpu - inPass);
    fixedCpu += cpu - countedCpu - (bytes > 0 ? inPass : 0);
    countedCpu = cpu;
    if (work.budget().isSet()) {
      work.budget().keep(now, fixedCpu, work.figures().stats(), work.figures().counted());
    }
    if (now >= work.durationNanos()) {
      work.throttling().look(); // The sampler's stop reads the other times.
      owner.expired();
    }
  }

  /**
   * Returns whether the calling thread is a session's own thread.
   *
   * @return true on a session's own thread
   */
  static boolean isCurrent() {
    return Thread.currentThread() instanceof CollectorThread;
  }

  private static void uninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
