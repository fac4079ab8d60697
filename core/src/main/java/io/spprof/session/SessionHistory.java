package io.spprof.session;

import io.spprof.budget.IntervalInForce;
import io.spprof.budget.Overhead;
import io.spprof.collect.Collector;
import io.spprof.collect.Extent;
import io.spprof.collect.Slice;
import io.spprof.collect.WindowFigures;
import io.spprof.config.Mode;
import io.spprof.config.ProfilerConfig;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.Kept;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.profile.TimeRange;
import io.spprof.profile.WindowStats;
import io.spprof.sampler.DebugInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What a session still has of its past: stretches of time, and the profile of any of them. Any
 * thread may call it, while the session runs and after its end. A call waits for a pass of the
 * collector to end: {@link Collector#betweenPasses} makes figures and rows those of one moment.
 * Under the collector's lock it asks {@link HeapRoom} and reads figures; it takes no other lock.
 *
 * <p>Inside, time is the session's: nanoseconds after its start. Outside it is the wall clock's.
 */
public final class SessionHistory {

  private static final String REMEDY = "a larger -Xmx makes room";

  private final ProfilerConfig config;
  private final Collector collector;
  private final SessionFigures figures;
  private final SessionClock clock;
  private final IntervalInForce interval;
  private final BooleanSupplier running;
  private final DebugInfo debugInfo;

  /**
   * Of a session that starts.
   *
   * @param config its options
   * @param collector its collector
   * @param figures its figures
   * @param clock its time
   * @param interval its interval
   * @param running whether it has not ended; does not wait
   * @param debugInfo how exactly its stacks are told
   */
  SessionHistory(
      ProfilerConfig config,
      Collector collector,
      SessionFigures figures,
      SessionClock clock,
      IntervalInForce interval,
      BooleanSupplier running,
      DebugInfo debugInfo) {
    this.config = config;
    this.collector = collector;
    this.figures = figures;
    this.clock = clock;
    this.interval = interval;
    this.running = running;
    this.debugInfo = debugInfo;
  }

  /** The session and what was copied of it, all of one moment: no pass lay between. */
  private record Copy(Slice slice, ProfilerStats stats, Kept kept, boolean running) {}

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
    boolean whole = config.mode() == Mode.SESSION;
    if (whole && !range.equals(TimeRange.ALL)) {
      throw new IllegalStateException(
          "session "
              + figures.stats().session().id()
              + " keeps no windows of time: only all of it can be had (an empty range); start with"
              + " mode=continuous");
    }
    long epoch = clock.epochNanos();
    long from = SessionClock.sessionNanos(range.fromMillis(), epoch);
    long to = SessionClock.sessionNanos(range.toMillis(), epoch);
    Copy copy = collector.betweenPasses(() -> copy(from, to, room));
    if (copy.slice().isEmpty()) {
      throw new IllegalArgumentException(
          "nothing is kept of that time; choose a range between "
              + Instant.ofEpochMilli(copy.kept().fromMillis())
              + " and "
              + Instant.ofEpochMilli(copy.kept().toMillis()));
    }
    ProfilerStats now = copy.stats();
    return copy.slice()
        .merge(
            room,
            all ->
                new Profile.Info(
                    whole ? now.session() : sessionOf(all, now.session(), epoch),
                    now.setup().engine(),
                    now.setup().walker(),
                    all.figures().shortestIntervalNanos(),
                    all.figures().longestIntervalNanos(),
                    all.figures().dropped(),
                    all.figures().unwalkable(),
                    all.figures().droppedCpuNanos(),
                    all.figures().unseenCpuNanos(),
                    all.states(),
                    copy.running(),
                    debugInfo));
  }

  /** Under the collector's lock: the figures and the rows are of one moment. */
  private Copy copy(long from, long to, HeapRoom room) {
    room.require(collector.sliceBytes(), "a copy of the profile's figures", REMEDY);
    boolean goesOn = running.getAsBoolean();
    ProfilerStats now = figures.stats();
    Slice slice = collector.slice(from, to, figures.nanos(), figures(now));
    return new Copy(slice, now, kept(), goesOn);
  }

  private WindowFigures figures(ProfilerStats stats) {
    IntervalInForce.Range range = interval.range();
    return WindowFigures.of(stats, range.shortestNanos(), range.longestNanos());
  }

  /** A stretch's figures in the form of a session's. */
  private SessionStats sessionOf(Slice.Stretch stretch, SessionStats session, long epoch) {
    long nanos = stretch.toNanos() - stretch.fromNanos();
    WindowFigures counted = stretch.figures();
    return new SessionStats(
        session.id(),
        session.options(),
        SessionClock.millis(epoch, stretch.fromNanos()),
        TimeUnit.NANOSECONDS.toMillis(nanos),
        stretch.samples(),
        counted.dropped().total(),
        Overhead.model(counted.signals(), nanos),
        Overhead.measured(counted.overheadCpuNanos(), nanos));
  }

  /**
   * The stretches of time that samples are kept in, the open one last.
   *
   * @return the oldest first, not null
   */
  public List<WindowStats> windows() {
    List<Slice.Stretch> stretches =
        collector.betweenPasses(
            () -> collector.stretches(figures.nanos(), figures(figures.stats())));
    long epoch = clock.epochNanos();
    List<WindowStats> windows = new ArrayList<>(stretches.size());
    for (Slice.Stretch stretch : stretches) {
      windows.add(
          new WindowStats(
              SessionClock.millis(epoch, stretch.fromNanos()),
              SessionClock.millis(epoch, stretch.toNanos()),
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
    Extent extent = collector.extent();
    long epoch = clock.epochNanos();
    return new Kept(
        SessionClock.millis(epoch, extent.sinceNanos()),
        SessionClock.millis(epoch, figures.nanos()),
        extent.windows(),
        extent.finestNanos() / 1e9,
        extent.coarsestNanos() / 1e9);
  }

  /** Closes the window of time that is open. */
  void roll() {
    collector.betweenPasses(
        () -> {
          collector.roll(
              figures.nanos(),
              figures(figures.stats()),
              TimeUnit.SECONDS.toNanos(config.retentionSeconds()));
          interval.windowClosed();
          return null;
        });
  }
}
