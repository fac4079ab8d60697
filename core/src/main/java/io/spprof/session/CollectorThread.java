package io.spprof.session;

import io.spprof.budget.Budget;
import io.spprof.collect.Collector;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The one thread of a session. It has the {@link Collector} empty the ring ten times a second: less
 * often when the ring is empty or a budget allows no more, more often when the ring fills up. It
 * looks for problems and for new threads; for threads every few milliseconds while some live for
 * less than it sleeps ({@link ThreadSearch}). It closes windows of time, and it ends the session
 * when its time is over. It keeps itself out of the profile; its CPU time is in the measured
 * overhead.
 */
final class CollectorThread extends Thread {

  static final String NAME = "spprof-drainer";

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
   * What the thread works with.
   *
   * @param clock the session's time
   * @param ring where records come from
   * @param collector takes them
   * @param figures the session's figures
   * @param history closes windows of time
   * @param problems looked for once a second
   * @param walkerTables kept from filling up
   * @param budget what the session may cost
   * @param durationNanos when its time is over, ns after its start; Long.MAX_VALUE for never
   * @param windowNanos length of a window, ns; Long.MAX_VALUE: one for all
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
      long durationNanos,
      long windowNanos) {}

  // Written before `begun` opens, so the thread sees them.
  private Work work;
  private ThreadSearch search;
  private long nextWindow;

  // The thread's own.
  private boolean lookedAtEnvironment;
  private long pause = LONGEST_PAUSE_NANOS;
  private long nextPass = LONGEST_PAUSE_NANOS;
  private long nextSweep = SWEEP_NANOS;
  private long nextSecond = SECOND_NANOS;
  private long countedCpu; // what is in the collector's own CPU time already
  private long fixedCpu; // what of that was not for samples
  private long wokenCpu; // its CPU clock when it last had nothing left to do

  CollectorThread(Sampler sampler, SessionOwner owner) {
    // No inherited thread-locals and no context class loader: the thread keeps nothing of its
    // starter alive.
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

  /** Ends the thread and waits for it, unless it is the caller. */
  void end() {
    ending = true;
    begun.countDown();
    LockSupport.unpark(this);
    boolean interrupted = false;
    while (this != Thread.currentThread() && isAlive()) {
      try {
        join();
      } catch (InterruptedException e) {
        interrupted = true; // a stop is not left half-way
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void run() {
    try {
      sampler.excludeCurrentThread(true);
    } catch (RuntimeException | OutOfMemoryError e) {
      // Its own work then shows in the profile; the starter must not wait for ever.
    } finally {
      excluded.countDown();
    }
    try {
      uninterruptibly(begun);
      countedCpu = sampler.currentThreadCpuNanos();
      while (!ending) {
        wakeUp();
      }
    } finally {
      sampler.excludeCurrentThread(false);
    }
  }

  private void wakeUp() {
    try {
      if (!lookedAtEnvironment) {
        lookedAtEnvironment = true;
        work.problems().lookAtEnvironment();
      }
      LockSupport.parkNanos(untilDue());
      Thread.interrupted(); // no interrupt is meant for us, and with one set park does not wait
      if (work.clock().elapsedNanos() >= search.dueNanos()) {
        search();
      }
      if (!waits()) {
        pass();
        wokenCpu = sampler.currentThreadCpuNanos();
      }
    } catch (RuntimeException | Error e) {
      // The next pass may succeed. What the ring cannot hold until then is counted as dropped.
    }
  }

  /** Time until the next pass, the next search, or the end of the window or of the session, ns. */
  private long untilDue() {
    long now = work.clock().elapsedNanos();
    long left = Math.min(nextWindow, work.durationNanos()) - now;
    // An end that is overdue has failed or is under way: it must not be retried all the time.
    long wait = Math.min(nextPass - now, left > 0 ? left : LONGEST_PAUSE_NANOS);
    return Math.max(SHORTEST_PAUSE_NANOS, Math.min(wait, search.dueNanos() - now));
  }

  /** Whether it woke up only for a search. */
  private boolean waits() {
    long now = work.clock().elapsedNanos();
    return now < nextPass && now < Math.min(nextWindow, work.durationNanos());
  }

  private void search() {
    long found = sampler.searchThreads();
    long cpu = sampler.currentThreadCpuNanos();
    search.searched(work.clock().elapsedNanos(), cpu - wokenCpu, work.budget().sweepShare(), found);
    wokenCpu = cpu; // it is counted with the next pass
  }

  private void pass() {
    long now = work.clock().elapsedNanos();
    nextPass = now + pause; // also if this one fails
    long due =
        Math.min(Math.min(nextSweep, nextSecond), Math.min(nextWindow, work.durationNanos()));
    if (now < due && work.ring().isEmpty()) {
      pause = Math.min(IDLE_PAUSE_NANOS * work.budget().pace(), pause * 2);
      nextPass = now + pause;
      return; // what that took is counted with the next pass
    }
    long passStart = sampler.currentThreadCpuNanos();
    int bytes = work.collector().doWork();
    long inPass = sampler.currentThreadCpuNanos() - passStart;
    // With an eighth of the ring used between two passes, there is room for an eightfold burst.
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
    if (now >= nextWindow) {
      // After the machine was paused there is one long window instead of many empty ones.
      nextWindow = now - now % work.windowNanos() + work.windowNanos();
      work.history().roll();
    }
    if (now >= nextSweep) {
      long sweepStart = sampler.currentThreadCpuNanos();
      sampler.sweep();
      // CPU time, because on a busy machine most of the elapsed time is used by others.
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
      owner.expired();
    }
  }

  /**
   * Whether the caller is one of these threads.
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
