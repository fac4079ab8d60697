package io.spprof.session;

import io.spprof.Profiler;
import io.spprof.budget.IntervalInForce;
import io.spprof.budget.Overhead;
import io.spprof.collect.Collector;
import io.spprof.collect.CollectorStats;
import io.spprof.collect.MemoryBudget;
import io.spprof.config.Engine;
import io.spprof.config.Mode;
import io.spprof.config.ProfilerConfig;
import io.spprof.config.Walker;
import io.spprof.profile.DebugInfo;
import io.spprof.profile.DropCounts;
import io.spprof.profile.HotMethod;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerConfig;
import io.spprof.sampler.SamplerCounters;
import io.spprof.sampler.SamplerException;
import io.spprof.sampler.StackWalker;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One session, from start to its final figures: the native sampler, the ring's reader, the thread.
 *
 * <pre>
 *   NEW ──start()──▶ RUNNING ──stop()──▶ STOPPING ──▶ ENDED
 *    │                  ▲                    │
 *    └──▶ ENDED         └────── timed out ───┘
 *       a step of start failed; the steps before it are undone
 * </pre>
 *
 * <p>Transitions are compare-and-set; whoever loses one does nothing. Start and stop are called by
 * one thread at a time ({@link Profiler} sees to that); everything else by anybody, without
 * blocking, except {@link SessionHistory}, which waits for a pass of the collector to end.
 */
public final class ProfilerSession {

  /** All that is told anew costs something: where the tables are too small, not all the time. */
  private static final long FORGET_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** The figures when there was no session yet. */
  public static final ProfilerStats NO_STATS =
      new ProfilerStats(
          0,
          0,
          0,
          DropCounts.NONE,
          0,
          0,
          0,
          0,
          0,
          0,
          ProfilerConfig.DEFAULT.intervalNanos(),
          0,
          0,
          0,
          0,
          ProfilerConfig.DEFAULT.memoryBytes(),
          Engine.AUTO.inUse(),
          Walker.name(Walker.AUTO.stackWalker()),
          SessionStats.NONE);

  private enum Stage {
    NEW,
    RUNNING,
    STOPPING,
    ENDED
  }

  private final long id;
  private final ProfilerConfig config;
  private final String options;
  private final Sampler sampler;
  private final InstantSource wallClock;
  private final MemoryShares shares;
  private final SamplerConfig samplerConfig;
  private final MemoryBudget tables;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.NEW);
  private final SessionOwner owner;

  private final IntervalInForce interval;

  private SamplerCounters before;
  private long startTimeMillis;
  private volatile String walker = Walker.name(StackWalker.AUTO);
  private long startNanos;
  private volatile Collector collector; // null until the native side runs
  private SessionHistory history; // written in start()
  private CollectorThread thread;
  private long endNanos; // written before `last`
  private volatile ProfilerStats last; // set once, when ENDED
  private volatile SamplerCounters lastCounted = SamplerCounters.ZERO;
  private volatile String problem = "";
  private String stopNote; // what the sampler's stop returned, else null; under Profiler's lock
  private volatile String environment = ""; // what the system does not give
  private final UnseenShare unseenShare = new UnseenShare(); // the session's thread's
  private long lastForgotten = -FORGET_NANOS; // the session's thread's

  /**
   * A session that has not started.
   *
   * @param id its number, 1 or more
   * @param config its options
   * @param sampler the native side
   * @param wallClock tells what time it is
   * @param owner told what the session's thread finds out
   */
  public ProfilerSession(
      long id,
      ProfilerConfig config,
      Sampler sampler,
      InstantSource wallClock,
      SessionOwner owner) {
    this.id = id;
    this.config = config;
    this.options = config.toOptions(); // once: asked for with all figures
    this.sampler = sampler;
    this.wallClock = wallClock;
    this.owner = owner;
    this.interval = new IntervalInForce(config.intervalNanos());
    this.shares = MemoryShares.of(config);
    this.samplerConfig = shares.sampler();
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

  IntervalInForce interval() {
    return interval;
  }

  /**
   * Starts sampling.
   *
   * @throws SamplerException if that is not possible; nothing is left behind
   */
  public void start() throws SamplerException {
    sampler.load();
    before = sampler.counters().settled();
    // The thread first, so that it is known as our own before anything is sampled.
    thread = new CollectorThread(sampler, owner);
    thread.start();
    boolean sampling = false;
    boolean started = false;
    try {
      thread.awaitExcluded();
      startTimeMillis = wallClock.millis();
      startNanos = System.nanoTime();
      long samplerNanos = sampler.timeNanos();
      SampleRing ring = sampler.start(samplerConfig);
      sampling = true;
      walker = Walker.name(sampler.walker());
      DebugInfo debugInfo = DebugInfo.of(sampler.debugNonSafepoints());
      collector = new Collector(ring, sampler, config.depth(), tables, samplerNanos);
      history = new SessionHistory(this, collector, startNanos, wallClock, debugInfo);
      lookForProblems("");
      stage.set(Stage.RUNNING);
      thread.begin(this, collector, ring, deadlineNanos(), windowNanos());
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
   * Ends the session, unless somebody did; afterwards {@link #stats()} and {@link #history()} are
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
      problem = e.getMessage() == null ? e.toString() : e.getMessage();
      throw e;
    } finally {
      stage.compareAndSet(Stage.STOPPING, Stage.RUNNING); // unless it ended
    }
  }

  /** All of it can be done again, from wherever an earlier stop was interrupted. */
  private String end() throws SamplerException {
    if (stopNote == null) {
      stopNote = sampler.stop();
    }
    String note = stopNote;
    thread.end();
    long elapsed = System.nanoTime() - startNanos; // after the last window's closing
    try {
      // Nothing is written any more: what is in the ring now is all there is.
      while (collector.doWork() > 0) {
        Thread.onSpinWait();
      }
      collector.refreshHotMethods();
    } catch (RuntimeException | OutOfMemoryError e) {
      note = "the last samples could not be collected (" + e + "); they are counted as dropped";
    } finally { // an error that comes each time must not keep the session from ending
      endNanos = elapsed;
      // The timers are gone: these are the final figures, and what is in no table is a drop.
      last = stats(elapsed, true);
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
   * Time since its start.
   *
   * @return ns
   */
  public long elapsedNanos() {
    return System.nanoTime() - startNanos;
  }

  /**
   * What limits it.
   *
   * @return "" when there is nothing to say
   */
  public String problem() {
    return problem;
  }

  /** Called once, by the session's thread: a start does not wait for what the system answers. */
  void lookAtEnvironment() {
    environment = sampler.environmentProblem();
    lookForProblems("");
  }

  /**
   * Called at the start, then by the session's thread, once a second.
   *
   * @param known what that thread has found out itself, the last to be told; "" if nothing
   */
  void lookForProblems(String known) {
    String found = sampler.threadProblem();
    if (found.isEmpty() && !sampler.walkerProblem().isEmpty()) {
      found =
          "walker=agct is used, which cannot read every stack: walker=vm does not work in this JVM, "
              + sampler.walkerProblem();
    }
    if (found.isEmpty() && collector.stats().stackTableFull() > 0) {
      found =
          "the tables are full: new stacks are dropped; "
              + (shares.problem().isEmpty()
                  ? "start with a larger memory than " + (config.memoryBytes() >> 20) + "m"
                  : shares.problem());
    }
    String unseen = unseenShare.problem(stats());
    found = found.isEmpty() ? known : found;
    found = found.isEmpty() ? shares.problem() : found;
    found = found.isEmpty() ? unseen : found;
    // It stays as long as the session, so it must not hide what comes and goes, nor be hidden.
    problem =
        found.isEmpty() || environment.isEmpty()
            ? found + environment
            : found + "; besides, " + environment;
  }

  /**
   * Called by the session's thread, once a second: has the walker forget what it told before its
   * tables are full, as it would have to tell the rest with every sample.
   */
  void keepRoomForNames() {
    long now = elapsedNanos();
    if (now - lastForgotten >= FORGET_NANOS
        && collector.walkerIsFull(samplerConfig.methods(), samplerConfig.locations())
        && sampler.forgetTold()) {
      lastForgotten = now;
    }
  }

  /**
   * The hottest methods, as the collector listed them last.
   *
   * @return at most 20, not null
   */
  public List<HotMethod> hotMethods() {
    Collector source = collector;
    return source == null ? List.of() : source.hotMethods();
  }

  /**
   * What is kept of its past.
   *
   * @return not null once it has started
   */
  public SessionHistory history() {
    return history;
  }

  /** The present, or the end, ns after the start. */
  long sessionNanos() {
    return last == null ? elapsedNanos() : endNanos;
  }

  /**
   * This session's figures: final ones after its end, else those of this moment.
   *
   * @return not null
   */
  public ProfilerStats stats() {
    ProfilerStats done = last;
    if (done != null) {
      return done;
    }
    ProfilerStats now = stats(elapsedNanos(), false);
    // If it ended meanwhile, the native counters may already have been a later session's.
    done = last;
    return done != null ? done : now;
  }

  /** The native side's part of the figures that were asked for last. */
  SamplerCounters counted() {
    return lastCounted;
  }

  private ProfilerStats stats(long elapsedNanos, boolean ended) {
    Collector source = collector;
    // The collector's figures first: a sample on its way between the two must not be missing.
    CollectorStats collected = source == null ? CollectorStats.ZERO : source.stats();
    SamplerCounters now = sampler.counters();
    SamplerCounters counted = (ended ? now.settled() : now).since(before);
    lastCounted = counted;
    long unread =
        counted.committed()
            - collected.collected()
            - collected.stackTableFull()
            - collected.collectorError();
    DropCounts dropped =
        new DropCounts(
            counted.bufferFull(),
            counted.walkBuffersBusy(),
            counted.late(),
            counted.foreign(),
            collected.stackTableFull(),
            collected.collectorError() + (ended ? unread : 0));
    long overheadNanos =
        counted.handlerCpuNanos() + counted.hookCpuNanos() + collected.ownCpuNanos();
    return new ProfilerStats(
        1,
        counted.signals(),
        collected.collected(),
        dropped,
        collected.unwalkable(),
        collected.sampledCpuNanos(),
        counted.droppedCpuNanos()
            + counted.unsignalledCpuNanos()
            + counted.unseenCpuNanos()
            + collected.droppedCpuNanos(),
        counted.unseenCpuNanos(),
        overheadNanos,
        counted.walkNanos(),
        interval.range().nanos(),
        counted.threadsSampled(),
        counted.threadsFailed(),
        collected.uniqueStacks(),
        tables.used() + (ended ? 0 : samplerConfig.usedBytes()),
        shares.limitBytes(),
        config.engine().inUse(),
        walker,
        new SessionStats(
            id,
            options,
            startTimeMillis,
            TimeUnit.NANOSECONDS.toMillis(elapsedNanos),
            collected.collected(),
            dropped.total(),
            Overhead.model(counted.signals(), elapsedNanos),
            Overhead.measured(overheadNanos, elapsedNanos)));
  }
}
