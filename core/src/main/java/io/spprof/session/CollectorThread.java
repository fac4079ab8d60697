package io.spprof.session;

import io.spprof.budget.Budget;
import io.spprof.collect.Collector;
import io.spprof.collect.Pass;
import io.spprof.collect.Rehearsal;
import io.spprof.profile.ProfilerStats;
import io.spprof.sampler.KernelTimes;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The one thread of a session. It does everything that a session must do regularly:
 *
 * <ul>
 *   <li>It lets the {@link Collector} empty the ring (a pass), normally five times a second ({@link
 *       PassSchedule}).
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

  /** Between two looks for the end of something that is under way. */
  private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /**
   * Between two sweeps, at the least. A pass does the sweep, and can come earlier than usual, for
   * instance at the end of a window. So this is less than the longest pause between passes: else
   * the sweep would wait for a further pass.
   */
  private static final long SWEEP_NANOS = PassSchedule.LONGEST_NANOS * 3 / 4;

  private static final int MOST_STARTS = 3;
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * The kinds of work whose first time costs far more than the next ones: it loads and links
   * classes, for instance. This cost does not come again, so the budget does not count it as
   * steady.
   */
  private enum Task {
    START,
    EMPTY_PASS,
    SAMPLES,
    SEARCH,
    SWEEP,
    WINDOW,
    SECOND
  }

  private final Sampler sampler;
  private final SessionOwner owner;
  private final CountDownLatch ready = new CountDownLatch(1);
  private final CountDownLatch begun = new CountDownLatch(1);
  private volatile boolean ending;
  private Error failure; // written before `ready` opens

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
  private PassSchedule passes;
  private long nextWindow;

  // Used by this thread only. The next three times are nanoseconds after the session's start.
  private boolean hasBegun;
  private int starts; // attempts to begin
  private final Set<Task> done = EnumSet.noneOf(Task.class);
  private long nextSweep = SWEEP_NANOS;
  private long nextSecond = SECOND_NANOS;
  private long nextKernelTimes = SECOND_NANOS;
  private long countedCpu; // its CPU time that the collector has counted, ns by its CPU clock
  private long onceCpu; // the part of its CPU time that does not come again, ns
  private long fixedCpu; // the rest of its CPU time, as far as samples did not cause it, ns
  private long wokenCpu; // its CPU clock after its last pass or search, ns

  CollectorThread(Sampler sampler, SessionOwner owner) {
    // The thread has no inherited thread-locals and no context class loader, so it keeps nothing of
    // its starter alive.
    super(null, null, NAME, 0, false);
    setDaemon(true);
    setContextClassLoader(null);
    this.sampler = sampler;
    this.owner = owner;
  }

  /**
   * Waits until the thread is excluded and has made the JVM ready for its work.
   *
   * @throws Error if the JVM cannot become ready, for instance for want of heap
   */
  void awaitReady() {
    uninterruptibly(ready);
    if (failure != null) {
      throw failure;
    }
  }

  void begin(Work with) {
    work = with;
    nextWindow = with.windowNanos();
    search = new ThreadSearch(sampler.counters().unseenCpuNanos());
    passes = new PassSchedule(with.ring().capacity(), with.budget());
    begun.countDown();
    LockSupport.unpark(this);
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
      // The thread's own work appears in the profile.
    }
    rehearse();
    ready.countDown();
    try {
      // JDK 17's latch allocates memory to wait, and the heap can be full.
      while (begun.getCount() > 0) {
        park(WAIT_NANOS);
      }
      while (!ending) {
        wakeUp();
      }
      lookOnceMore();
    } finally {
      sampler.excludeCurrentThread(false);
    }
  }

  private void rehearse() {
    try {
      countedCpu = sampler.currentThreadCpuNanos();
      Rehearsal.once(sampler);
    } catch (RuntimeException e) {
      // What fails here may work later, with other records.
    } catch (Error e) {
      failure = e; // The starter must not wait for ever.
    }
  }

  private void wakeUp() {
    try {
      if (starts < MOST_STARTS && !hasBegun) {
        starts++;
        sampler.measureSignalCost();
        work.figures().signalCostMeasured();
        readKernelTimes();
        work.problems().lookAtEnvironment();
        wokenCpu = sampler.currentThreadCpuNanos(); // The first search does not pay for it.
        took(Task.START, wokenCpu - countedCpu);
        hasBegun = true;
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
      expireIfDue();
    }
  }

  /** Ends the session at its time even if each pass fails. */
  private void expireIfDue() {
    try {
      if (work.clock().elapsedNanos() >= work.durationNanos()) {
        lookOnceMore();
        owner.expired();
      }
    } catch (RuntimeException | Error e) {
      // Tried again after the next pass.
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
    long wait = Math.min(passes.dueNanos() - now, left > 0 ? left : WAIT_NANOS);
    return Math.max(PassSchedule.SHORTEST_NANOS, Math.min(wait, search.dueNanos() - now));
  }

  /** Returns whether the thread woke up only for a search. */
  private boolean waits() {
    long now = work.clock().elapsedNanos();
    return now < passes.dueNanos() && now < Math.min(nextWindow, work.durationNanos());
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

  /**
   * Brings the session's throttled time and its overhead up to the thread's end. The sampler's stop
   * does so for the other figures.
   */
  private void lookOnceMore() {
    try {
      if (work != null) {
        work.throttling().look();
        countOwnCpu();
      }
    } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
      // The figures are those of the last look.
    }
  }

  private void search() {
    long found = sampler.searchThreads();
    long cpu = sampler.currentThreadCpuNanos();
    took(Task.SEARCH, cpu - wokenCpu);
    search.searched(work.clock().elapsedNanos(), cpu - wokenCpu, work.budget().sweepShare(), found);
    wokenCpu = cpu; // The next pass counts this CPU time.
  }

  private void pass() {
    long now = work.clock().elapsedNanos();
    passes.begun(now);
    long due =
        Math.min(Math.min(nextSweep, nextSecond), Math.min(nextWindow, work.durationNanos()));
    if (now < due && work.ring().isEmpty()) {
      passes.hadNothing(now);
      return; // The next pass counts the CPU time of this check.
    }
    Pass pass = work.collector().pass();
    countedCpu += pass.cpuNanos(); // The collector has counted it.
    long steady = pass.cpuNanos() - pass.namesCpuNanos();
    onceCpu += pass.namesCpuNanos();
    fixedCpu += steady;
    if (!took(pass.hasSamples() ? Task.SAMPLES : Task.EMPTY_PASS, steady)) {
      fixedCpu -= pass.samplesCpuNanos();
    }
    now = work.clock().elapsedNanos();
    passes.passed(now, pass);
    if (now >= Math.min(nextWindow, nextKernelTimes)) {
      readKernelTimes(); // The times belong to the window that ends.
      now = work.clock().elapsedNanos();
    }
    if (now >= nextWindow) {
      // If the machine was suspended, this makes one long window instead of many empty ones.
      nextWindow = now - now % work.windowNanos() + work.windowNanos();
      long rollStart = sampler.currentThreadCpuNanos();
      work.history().roll();
      took(Task.WINDOW, sampler.currentThreadCpuNanos() - rollStart);
    }
    if (now >= nextSweep) {
      long sweepStart = sampler.currentThreadCpuNanos();
      sampler.sweep();
      // The cost is measured in CPU time, because on a busy machine other threads use most of the
      // elapsed time.
      long took = sampler.currentThreadCpuNanos() - sweepStart;
      took(Task.SWEEP, took);
      nextSweep = now + Math.max(SWEEP_NANOS, work.budget().sweepShare() * took);
      search.swept(now, sampler.counters().unseenCpuNanos());
    }
    countOwnCpu();
    useFigures(now);
    if (now >= work.durationNanos()) {
      countOwnCpu();
      work.throttling().look(); // The sampler's stop reads the other times.
      owner.expired();
    }
  }

  /** Does what needs the session's figures, which are computed once. */
  private void useFigures(long now) {
    if (!work.budget().isSet() && now < nextSecond) {
      return;
    }
    long second = work.clock().elapsedNanos();
    ProfilerStats stats = work.figures().stats();
    if (work.budget().isSet()) {
      work.budget().keep(now, fixedCpu, onceCpu, stats, work.figures().counted());
    }
    if (now >= nextSecond) {
      nextSecond = now + SECOND_NANOS;
      work.problems().look(work.budget().problem(), stats);
      work.walkerTables().keepRoom(second);
      work.figures().secondPassed(second, stats);
      owner.secondPassed(second, stats);
      took(Task.SECOND, sampler.currentThreadCpuNanos() - countedCpu);
    }
  }

  /**
   * Reports the CPU time of a task. If it was the task's first time, this CPU time does not come
   * again. It is part of {@link #fixedCpu}, or will be with the next {@link #countOwnCpu}.
   *
   * @return true if it was the first time
   */
  private boolean took(Task task, long nanos) {
    if (!done.add(task)) {
      return false;
    }
    onceCpu += nanos;
    fixedCpu -= nanos;
    return true;
  }

  /** Adds the CPU time to the overhead that was not counted yet. */
  private void countOwnCpu() {
    long cpu = sampler.currentThreadCpuNanos();
    work.collector().addOwnCpuNanos(cpu - countedCpu);
    fixedCpu += cpu - countedCpu;
    countedCpu = cpu;
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
