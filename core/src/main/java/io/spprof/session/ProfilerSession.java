package io.spprof.session;

import io.spprof.budget.Budget;
import io.spprof.budget.IntervalInForce;
import io.spprof.collect.Collector;
import io.spprof.collect.MemoryBudget;
import io.spprof.config.Mode;
import io.spprof.config.ProfilerConfig;
import io.spprof.profile.HotMethod;
import io.spprof.profile.ProfilerStats;
import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerCounters;
import io.spprof.sampler.SamplerException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One session, from its start to its final figures. Starts and ends the native sampler, the
 * collector and the session's thread.
 *
 * <pre>
 *   NEW ──start()──▶ RUNNING ──stop()──▶ STOPPING ──▶ ENDED
 *    │                  ▲                    │
 *    └──▶ ENDED         └────── timed out ───┘
 *       a step of start failed; the steps before it are undone
 * </pre>
 *
 * <p>Transitions are compare-and-set; a thread that loses one does nothing. Start and stop are
 * called by one thread at a time, which {@code Profiler} ensures. Every other method may be called
 * by any thread and does not block, except those of {@link SessionHistory}, which wait for a pass
 * of the collector to end.
 */
public final class ProfilerSession {

  private enum Stage {
    NEW,
    RUNNING,
    STOPPING,
    ENDED
  }

  private final long id;
  private final ProfilerConfig config;
  private final Sampler sampler;
  private final InstantSource wallClock;
  private final MemoryShares shares;
  private final MemoryBudget tables;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.NEW);
  private final SessionOwner owner;

  // Written in start(). The session's thread sees them, as begin() comes later; other threads, as
  // Profiler publishes a session after its start.
  private SessionClock clock;
  private Collector collector;
  private SessionFigures figures;
  private SessionHistory history;
  private SessionProblems problems;
  private CollectorThread thread;

  private String
      stopNote; // what the sampler's stop returned, else null; under the lock of Profiler's life

  // cycle

  /**
   * A session that has not started.
   *
   * @param id its number, 1 or more
   * @param config its options
   * @param sampler the native side
   * @param wallClock the time that is shown to users
   * @param owner called by the session's thread
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
   * Whether the caller is a session's own thread, which a stop waits for.
   *
   * @return true on that thread
   */
  public static boolean isSessionThread() {
    return CollectorThread.isCurrent();
  }

  /**
   * What its samples may take, outside of the heap and on it.
   *
   * @param config its options
   * @return bytes
   */
  public static long memoryLimitBytes(ProfilerConfig config) {
    return MemoryShares.of(config).limitBytes();
  }

  /**
   * Its number.
   *
   * @return 1 or more
   */
  public long id() {
    return id;
  }

  /**
   * Its options.
   *
   * @return not null
   */
  public ProfilerConfig config() {
    return config;
  }

  /**
   * Starts sampling.
   *
   * @throws SamplerException if that is not possible; nothing is left behind
   */
  public void start() throws SamplerException {
    sampler.load();
    SamplerCounters before = sampler.counters().settled();
    // The thread first, so that it is known as our own before anything is sampled.
    thread = new CollectorThread(sampler, owner);
    thread.start();
    boolean sampling = false;
    boolean started = false;
    try {
      thread.awaitExcluded();
      clock = new SessionClock(wallClock);
      long samplerNanos = sampler.timeNanos();
      SampleRing ring = sampler.start(shares.sampler());
      sampling = true;
      String walker = sampler.walker().option();
      DebugInfo debugInfo = sampler.debugInfo();
      IntervalInForce interval = new IntervalInForce(config.intervalNanos());
      collector = new Collector(ring, sampler, config.depth(), tables, samplerNanos);
      figures =
          new SessionFigures(
              id, config, sampler, before, clock, collector, interval, shares, tables, walker);
      history =
          new SessionHistory(config, collector, figures, clock, interval, this::running, debugInfo);
      problems = new SessionProblems(config, shares, sampler, collector, figures);
      problems.look("");
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
   * Ends the session, unless it has ended. Afterwards {@link #stats()} and {@link #history()} are
   * final.
   *
   * @return what the user should know, or ""
   * @throws SamplerException if the teardown timed out: the session goes on, a later stop may try
   *     again
   */
  public String stop() throws SamplerException {
    if (!stage.compareAndSet(Stage.RUNNING, Stage.STOPPING)) {
      return "";
    }
    try {
      return end();
    } catch (Throwable e) { // whatever it is, a later stop may try again
      problems.stopFailed(e);
      throw e;
    } finally {
      stage.compareAndSet(Stage.STOPPING, Stage.RUNNING); // unless it ended
    }
  }

  /** Every step can be repeated after an earlier stop was interrupted at any point. */
  private String end() throws SamplerException {
    if (stopNote == null) {
      stopNote = sampler.stop();
    }
    String note = stopNote;
    thread.end();
    long elapsed = clock.elapsedNanos(); // after the last window's closing
    try {
      // Nothing is written any more: what is in the ring now is all there is.
      while (collector.doWork() > 0) {
        Thread.onSpinWait();
      }
      collector.refreshHotMethods();
    } catch (RuntimeException | OutOfMemoryError e) {
      note = "the last samples could not be collected (" + e + "); they are counted as dropped";
    } finally { // an error that comes each time must not keep the session from ending
      figures.end(elapsed);
      stage.set(Stage.ENDED);
      sampler.release();
    }
    return note;
  }

  /**
   * Whether it has started and not ended.
   *
   * @return true also while a stop is under way
   */
  public boolean running() {
    Stage now = stage.get();
    return now == Stage.RUNNING || now == Stage.STOPPING;
  }

  /**
   * What limits it.
   *
   * @return "" when there is nothing to say
   */
  public String problem() {
    return problems.text();
  }

  /**
   * The hottest methods, as the collector listed them last.
   *
   * @return at most 20, not null
   */
  public List<HotMethod> hotMethods() {
    return collector.hotMethods();
  }

  /**
   * What is kept of its past.
   *
   * @return not null once it has started
   */
  public SessionHistory history() {
    return history;
  }

  /**
   * This session's figures: final ones after its end, else those of this moment.
   *
   * @return not null
   */
  public ProfilerStats stats() {
    return figures.stats();
  }
}
