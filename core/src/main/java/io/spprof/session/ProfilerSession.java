package io.spprof.session;

import io.spprof.budget.Budget;
import io.spprof.budget.IntervalInForce;
import io.spprof.collect.Collector;
import io.spprof.collect.MemoryBudget;
import io.spprof.config.Mode;
import io.spprof.config.ProfilerConfig;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.HotMethods;
import io.spprof.profile.ProfilerStats;
import io.spprof.sampler.CgroupThrottling;
import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerCounters;
import io.spprof.sampler.SamplerException;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One session, from its start to its final figures. It starts and ends the native sampler and the
 * session's thread, and creates the {@link Collector}.
 *
 * <pre>
 *   NEW ──start()──▶ RUNNING ──stop()──▶ STOPPING ──▶ ENDED
 *    │                  ▲                    │
 *    └──▶ ENDED         └──── stop failed ───┘
 *       a step of start failed; the steps before it are undone
 * </pre>
 *
 * <p>Start and stop are called by one thread at a time, which {@code Profiler} ensures. A stop
 * begins with a compare-and-set from RUNNING to STOPPING, so a second stop does nothing. Every
 * other method may be called by any thread and does not block. The exceptions are {@link
 * #hotMethods} and the methods of {@link SessionHistory}, which wait for a pass (a reading of the
 * ring by the {@link Collector}) to end.
 */
public final class ProfilerSession {

  /** The state of the session; see the diagram above. */
  private enum Stage {
    NEW,
    RUNNING,
    STOPPING,
    ENDED
  }

  private static final int LAST_ATTEMPTS = 3;

  private final long id;
  private final ProfilerConfig config;
  private final Sampler sampler;
  private final InstantSource wallClock;
  private final MemoryShares shares;
  private final MemoryBudget tables;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.NEW);
  private final SessionOwner owner;

  // These fields are written in start(). The session's thread sees them, because begin() comes
  // later. Other threads see them, because Profiler publishes a session only after its start.
  private SessionClock clock;
  private Collector collector;
  private SessionFigures figures;
  private SessionHistory history;
  private HotLists hotLists;
  private SessionProblems problems;
  private CollectorThread thread;

  // The result of the sampler's stop; null until the sampler has stopped. Guarded by the lock of
  // Profiler's life cycle.
  private String stopNote;

  // The end of the session, in nanoseconds after its start; 0 until the sampler has stopped.
  // Guarded like stopNote.
  private long stopNanos;

  /**
   * Creates a session that has not started.
   *
   * @param id the session's number, 1 or more
   * @param config the session's options
   * @param sampler the native side
   * @param wallClock the time that is shown to users
   * @param owner receives the reports of the session's thread
   */
  public ProfilerSession(
      long id,
      ProfilerConfig config,
      Sampler sampler,
      InstantSource wallClock,
      SessionOwner owner) {
    this.id = id;
    this.config = config;
    this.sampler = sampler;
    this.wallClock = wallClock;
    this.owner = owner;
    this.shares = MemoryShares.of(config);
    this.tables = new MemoryBudget(shares.tablesBytes());
  }

  /**
   * Returns whether the calling thread is a session's own thread. A stop waits for this thread.
   *
   * @return true on a session's own thread
   */
  public static boolean isSessionThread() {
    return CollectorThread.isCurrent();
  }

  /**
   * Returns the session's number.
   *
   * @return 1 or more
   */
  public long id() {
    return id;
  }

  /**
   * Returns the session's options.
   *
   * @return not null
   */
  public ProfilerConfig config() {
    return config;
  }

  /**
   * Starts sampling.
   *
   * @throws SamplerException if sampling cannot start; nothing is left behind
   */
  public void start() throws SamplerException {
    sampler.load();
    SamplerCounters before = sampler.counters().settled();
    // The thread starts first, so that it is excluded before anything is sampled.
    thread = new CollectorThread(sampler, owner);
    thread.start();
    boolean sampling = false;
    boolean started = false;
    try {
      thread.awaitReady();
      clock = new SessionClock(wallClock);
      long samplerNanos = sampler.timeNanos();
      SampleRing ring = sampler.start(shares.sampler());
      sampling = true;
      String walker = sampler.walker().option();
      DebugInfo debugInfo = sampler.debugInfo();
      Throttling throttling = new Throttling(() -> CgroupThrottling.ofThisProcess()::nanos);
      IntervalInForce interval = new IntervalInForce(config.intervalNanos());
      double mostOverhead = config.budgetPercent() / 100;
      collector = new Collector(ring, sampler, config.depth(), tables, samplerNanos, mostOverhead);
      figures =
          new SessionFigures(
              id,
              config,
              sampler,
              before,
              clock,
              throttling,
              collector,
              interval,
              shares,
              tables,
              walker);
      history =
          new SessionHistory(config, collector, figures, clock, interval, this::running, debugInfo);
      hotLists = new HotLists(sampler, collector, figures, clock, this::running);
      problems = new SessionProblems(config, shares, sampler, collector, figures);
      problems.look("", figures.stats());
      stage.set(Stage.RUNNING);
      thread.begin(
          new CollectorThread.Work(
              clock,
              ring,
              collector,
              figures,
              history,
              problems,
              new WalkerTables(sampler, shares.sampler(), collector),
              new Budget(config, interval, sampler),
              throttling,
              deadlineNanos(),
              windowNanos()));
      started = true;
    } finally {
      if (!started) {
        stage.set(Stage.ENDED);
        thread.end();
        if (sampling) {
          sampler.stop();
          sampler.release();
        }
      }
    }
  }

  private long deadlineNanos() {
    return config.durationSeconds() == 0
        ? Long.MAX_VALUE
        : TimeUnit.SECONDS.toNanos(config.durationSeconds());
  }

  private long windowNanos() {
    return config.mode() == Mode.SESSION
        ? Long.MAX_VALUE
        : TimeUnit.SECONDS.toNanos(config.windowSeconds());
  }

  /**
   * Ends the session. Does nothing if the session has ended. Afterwards {@link #stats()} and {@link
   * #history()} are final.
   *
   * @return a message for the user, or ""
   * @throws SamplerException if the teardown timed out; the session continues, and a later stop may
   *     try again
   */
  public String stop() throws SamplerException {
    if (!stage.compareAndSet(Stage.RUNNING, Stage.STOPPING)) {
      return "";
    }
    try {
      return end();
    } catch (Throwable e) { // After any failure, a later stop may try again.
      problems.stopFailed(e);
      throw e;
    } finally {
      stage.compareAndSet(Stage.STOPPING, Stage.RUNNING); // Has no effect if the session ended.
    }
  }

  /**
   * Does the steps of a stop. Each step can be repeated after an earlier stop was interrupted at
   * any point.
   */
  private String end() throws SamplerException {
    if (stopNote == null) {
      stopNote = sampler.stop();
    }
    String note = stopNote;
    thread.end();
    if (stopNanos == 0) {
      stopNanos = clock.elapsedNanos(); // The last window is closed by now.
    }
    try {
      String failure = readRest();
      if (failure != null) {
        note =
            "the last samples could not be collected ("
                + failure
                + "); they are counted as dropped";
      }
    } finally { // An error that occurs each time must not prevent the session's end.
      try {
        collector.close();
      } finally {
        figures.end(stopNanos);
        stage.set(Stage.ENDED);
        sampler.release();
      }
    }
    return note;
  }

  /**
   * Reads all records that are left in the ring; nothing writes to it any more. A record that fails
   * counts as read, so a further attempt goes on behind it.
   *
   * @return the failure of the last attempt; null if all was read
   */
  private String readRest() {
    Throwable failure = null;
    for (int i = 0; i < LAST_ATTEMPTS; i++) {
      try {
        while (collector.doWork() > 0) {
          Thread.onSpinWait();
        }
        return null;
      } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
        failure = e;
      }
    }
    return String.valueOf(failure);
  }

  /**
   * Makes the figures of a session that has ended final, if the heap had no room for them at its
   * end. Called before the next start.
   */
  public void settle() {
    figures.settle();
  }

  /**
   * Returns whether the session has started and not ended.
   *
   * @return true also while a stop is under way
   */
  public boolean running() {
    Stage now = stage.get();
    return now == Stage.RUNNING || now == Stage.STOPPING;
  }

  /**
   * Returns what limits the session, as a message for the user.
   *
   * @return "" if there is nothing to report
   */
  public String problem() {
    return problems.text();
  }

  /**
   * Returns the hottest methods. Waits for a pass to end if the list must be made.
   *
   * @param stretch the part of the session's time that counts
   * @param room asked before large allocations
   * @return not null
   */
  public HotMethods hotMethods(HotMethods.Stretch stretch, HeapRoom room) {
    return hotLists.of(stretch, room);
  }

  /**
   * Returns what is kept of the session's past.
   *
   * @return not null after the session has started
   */
  public SessionHistory history() {
    return history;
  }

  /**
   * Returns the session's figures: the final figures after its end, otherwise the present ones.
   *
   * @return not null
   */
  public ProfilerStats stats() {
    return figures.stats();
  }
}
