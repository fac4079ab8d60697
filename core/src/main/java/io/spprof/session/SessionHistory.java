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
import io.spprof.profile.JvmInfo;
import io.spprof.profile.Kept;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
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
 * Answers questions about a session's past: which windows of time are kept, and the profile of any
 * range of time. Any thread may call this class, while the session runs and after its end. A call
 * waits until the present pass of the {@link Collector} (its reading of the ring) has ended. A
 * profile consists of samples and of counts such as dropped signals. {@link
 * Collector#betweenPasses} ensures that both are of the same moment.
 *
 * <p>Lock order: the lock of {@link Collector} first, then the lock of {@link HeapRoom}, which
 * limits how much heap a copy may take. This class takes no other lock.
 *
 * <p>Inside, time is nanoseconds after the session's start. Outside, time is the wall clock's.
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
   * Creates the history of a session that starts.
   *
   * @param config the session's options
   * @param collector the session's collector
   * @param figures the session's figures
   * @param clock the session's time
   * @param interval the session's sampling interval
   * @param running returns whether the session has not ended; must not block
   * @param debugInfo how exact the debug information of compiled code is
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

  /**
   * A copy of the session's kept samples with its figures. Both are of the same moment, because no
   * pass ran in between.
   */
  private record Copy(Slice slice, ProfilerStats stats, Kept kept, boolean running) {}

  /**
   * Returns the profile of a range of time.
   *
   * @param range the range
   * @param room asked before large allocations
   * @return not null
   * @throws IllegalArgumentException if no samples are kept for the range
   * @throws IllegalStateException if the session has no windows and the range is not {@link
   *     TimeRange#ALL}; or if the heap has no room
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
                new ProfileInfo(
                    whole ? now.session() : sessionOf(all, now.session(), epoch),
                    now.session().startTimeMillis(),
                    now.setup().engine(),
                    now.setup().walker(),
                    all.figures().shortestIntervalNanos(),
                    all.figures().longestIntervalNanos(),
                    all.figures().dropped(),
                    all.figures().unwalkable(),
                    all.figures().droppedCpuNanos(),
                    all.figures().unseenCpuNanos(),
                    all.figures().kernel(),
                    all.categories(),
                    copy.running(),
                    debugInfo,
                    JvmInfo.current()));
  }

  /**
   * Copies windows and counts. Called under the lock of {@link Collector}, so both are of the same
   * moment.
   */
  private Copy copy(long from, long to, HeapRoom room) {
    room.require(collector.sliceBytes(), "a copy of the profile's figures", REMEDY);
    boolean goesOn = running.getAsBoolean();
    ProfilerStats now = figures.stats();
    Slice slice = collector.slice(from, to, figures.nanos(), windowFigures(now));
    return new Copy(slice, now, kept(), goesOn);
  }

  private WindowFigures windowFigures(ProfilerStats stats) {
    IntervalInForce.Range range = interval.range();
    return WindowFigures.of(stats, range.shortestNanos(), range.longestNanos());
  }

  /** Returns the figures of some windows in the form of a session's figures. */
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
   * Returns the windows of time in which samples are kept.
   *
   * @return the windows, the oldest first and the open one last; not null
   */
  public List<WindowStats> windows() {
    List<Slice.Stretch> stretches =
        collector.betweenPasses(
            () -> collector.stretches(figures.nanos(), windowFigures(figures.stats())));
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
              stretch.figures().kernel(),
              stretch.figures().shortestIntervalNanos(),
              stretch.figures().longestIntervalNanos()));
    }
    return windows;
  }

  /**
   * Returns how much of the session's past is kept.
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

  /** Closes the open window of time. */
  void roll() {
    collector.betweenPasses(
        () -> {
          collector.roll(
              figures.nanos(),
              windowFigures(figures.stats()),
              TimeUnit.SECONDS.toNanos(config.retentionSeconds()));
          interval.windowClosed();
          return null;
        });
  }
}
