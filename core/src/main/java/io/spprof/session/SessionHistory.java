package io.spprof.session;

import io.spprof.budget.IntervalInForce;
import io.spprof.budget.Overhead;
import io.spprof.collect.Collector;
import io.spprof.collect.Slice;
import io.spprof.collect.WindowFigures;
import io.spprof.config.Mode;
import io.spprof.profile.DebugInfo;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.Kept;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.profile.TimeRange;
import io.spprof.profile.WindowStats;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a session still has of its past: stretches of time, and the profile of any of them. Called
 * by anybody, while it runs and after its end; waits for a pass of the collector to end.
 *
 * <p>Inside, time is the session's: nanoseconds after its start. Outside it is the wall clock's.
 */
public final class SessionHistory {

  /**
   * Farther from 1970 (146 years) no time is told: its nanoseconds, less the start's, fit a long.
   */
  private static final long FAR_MILLIS = Long.MAX_VALUE / 2_000_000;

  private static final String REMEDY = "a larger -Xmx makes room";

  private final ProfilerSession session;
  private final Collector collector;
  private final long startNanos;
  private final InstantSource wallClock;
  private final DebugInfo debugInfo;

  SessionHistory(
      ProfilerSession session,
      Collector collector,
      long startNanos,
      InstantSource wallClock,
      DebugInfo debugInfo) {
    this.session = session;
    this.collector = collector;
    this.startNanos = startNanos;
    this.wallClock = wallClock;
    this.debugInfo = debugInfo;
  }

  /**
   * The profile of what is kept of a stretch of time.
   *
   * @param range the stretch
   * @param room asked before much is allocated
   * @return not null
   * @throws IllegalArgumentException if nothing is kept of it
   * @throws IllegalStateException if the session has no windows, and not all is wanted; or if the
   *     heap has no room
   */
  public Profile profile(TimeRange range, HeapRoom room) {
    if (session.config().mode() == Mode.SESSION && !range.equals(TimeRange.ALL)) {
      throw new IllegalStateException(
          "session "
              + session.id()
              + " keeps no windows of time: only all of it can be had (an empty range); start with"
              + " mode=continuous");
    }
    long epoch = epochNanos();
    Slice slice;
    ProfilerStats now;
    Kept kept;
    boolean goesOn;
    synchronized (collector) { // no pass between the figures and the rows
      room.require(collector.sliceBytes(), "a copy of the profile's figures", REMEDY);
      goesOn = session.running();
      now = session.stats();
      long present = session.sessionNanos();
      slice =
          collector.slice(
              sessionNanos(range.fromMillis(), epoch),
              sessionNanos(range.toMillis(), epoch),
              present,
              figures(now));
      kept = kept();
    }
    if (slice.isEmpty()) {
      throw new IllegalArgumentException(
          "nothing is kept of that time; choose a range between "
              + Instant.ofEpochMilli(kept.fromMillis())
              + " and "
              + Instant.ofEpochMilli(kept.toMillis()));
    }
    boolean whole = session.config().mode() == Mode.SESSION;
    return slice.merge(
        room,
        all ->
            new Profile.Info(
                whole ? now.session() : sessionOf(all, epoch),
                now.engine(),
                now.walker(),
                all.figures().shortestIntervalNanos(),
                all.figures().longestIntervalNanos(),
                all.figures().dropped(),
                all.figures().unwalkable(),
                all.figures().droppedCpuNanos(),
                all.figures().unseenCpuNanos(),
                all.states(),
                goesOn,
                debugInfo));
  }

  private WindowFigures figures(ProfilerStats stats) {
    IntervalInForce.Range interval = session.interval().range();
    return WindowFigures.of(stats, interval.shortestNanos(), interval.longestNanos());
  }

  /** A stretch's figures in the form of a session's. */
  private SessionStats sessionOf(Slice.Stretch stretch, long epoch) {
    long nanos = stretch.toNanos() - stretch.fromNanos();
    WindowFigures figures = stretch.figures();
    return new SessionStats(
        session.id(),
        session.config().toOptions(),
        millis(epoch, stretch.fromNanos()),
        TimeUnit.NANOSECONDS.toMillis(nanos),
        stretch.samples(),
        figures.dropped().total(),
        Overhead.model(figures.signals(), nanos),
        Overhead.measured(figures.overheadCpuNanos(), nanos));
  }

  /**
   * The stretches of time that samples are kept in, the open one last.
   *
   * @return the oldest first, not null
   */
  public List<WindowStats> windows() {
    List<Slice.Stretch> stretches;
    synchronized (collector) {
      stretches = collector.stretches(session.sessionNanos(), figures(session.stats()));
    }
    long epoch = epochNanos();
    List<WindowStats> windows = new ArrayList<>(stretches.size());
    for (Slice.Stretch stretch : stretches) {
      windows.add(
          new WindowStats(
              millis(epoch, stretch.fromNanos()),
              millis(epoch, stretch.toNanos()),
              stretch.samples(),
              stretch.figures().dropped().total(),
              stretch.cpuNanos(),
              stretch.figures().shortestIntervalNanos(),
              stretch.figures().longestIntervalNanos()));
    }
    return windows;
  }

  /**
   * What the session still has of its past.
   *
   * @return not null
   */
  public Kept kept() {
    Collector.Extent extent = collector.extent();
    long epoch = epochNanos();
    return new Kept(
        millis(epoch, extent.sinceNanos()),
        millis(epoch, session.sessionNanos()),
        extent.windows(),
        extent.finestNanos() / 1e9,
        extent.coarsestNanos() / 1e9);
  }

  /** Closes the window of time that is open. */
  void roll() {
    synchronized (collector) {
      collector.roll(
          session.sessionNanos(),
          figures(session.stats()),
          TimeUnit.SECONDS.toNanos(session.config().retentionSeconds()));
      session.interval().windowClosed();
    }
  }

  /**
   * When the session began, by what the wall clock shows now: where that has jumped, times are told
   * by its present.
   */
  private long epochNanos() {
    long sinceStart = System.nanoTime() - startNanos;
    return TimeUnit.MILLISECONDS.toNanos(wallClock.millis()) - sinceStart;
  }

  private static long millis(long epochNanos, long sessionNanos) {
    return TimeUnit.NANOSECONDS.toMillis(epochNanos + sessionNanos);
  }

  private static long sessionNanos(long millis, long epochNanos) {
    return millis == Long.MIN_VALUE || millis == Long.MAX_VALUE
        ? millis
        : TimeUnit.MILLISECONDS.toNanos(Math.max(-FAR_MILLIS, Math.min(FAR_MILLIS, millis)))
            - epochNanos;
  }
}
