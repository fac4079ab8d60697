package io.spprof.session;

import io.spprof.budget.IntervalInForce;
import io.spprof.budget.Overhead;
import io.spprof.collect.Collector;
import io.spprof.collect.CollectorStats;
import io.spprof.collect.MemoryBudget;
import io.spprof.config.ProfilerConfig;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerCounters;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The figures of a session (counters, gauges and settings): the present figures while the session
 * runs, and the final figures after its end. They combine the counters of the native side with
 * those of the {@link Collector}. Any thread may read them, without blocking.
 *
 * <p>{@code last} is volatile and is written only once, after {@code endNanos}. A thread that reads
 * a {@code last} that is not null therefore also reads the final {@code endNanos}.
 */
final class SessionFigures {

  /**
   * What the delivery of the session's signals costs. A measurement changes the cost of later
   * signals only, so that the overhead never decreases.
   *
   * @param signals the number of signals up to the last measurement
   * @param nanos the cost of these signals, in nanoseconds of CPU time
   * @param laterNanos the cost of each later signal, in nanoseconds of CPU time
   */
  private record Delivery(long signals, long nanos, long laterNanos) {

    /** Returns the cost of the session's first signals. A reader's number can be an old one. */
    long nanos(long first) {
      return nanos + Math.max(0, first - signals) * laterNanos;
    }
  }

  private final long id;
  private final ProfilerConfig config;
  private final String options;
  private final Sampler sampler;
  private final SamplerCounters before;
  private final SessionClock clock;
  private final Throttling throttling;
  private final Collector collector;
  private final IntervalInForce interval;
  private final MemoryShares shares;
  private final MemoryBudget tables;
  private final String walker;
  private final RecentRates recent = new RecentRates();

  /**
   * The greatest overhead that was shown, in nanoseconds. When the cost of a signal has been
   * measured, a reader can count signals at the old cost that a later reader counts at the new one.
   * The overhead then stays until it is greater, so that it never decreases.
   */
  private final AtomicLong overheadNanos = new AtomicLong();

  private volatile Delivery delivery; // written by the session's thread
  private long endNanos; // written before `ended`; in nanoseconds after the session's start
  private volatile boolean ended;
  private volatile ProfilerStats last; // the final figures, null before they are computed
  private volatile SamplerCounters lastCounted = SamplerCounters.ZERO;

  /**
   * Creates the figures of a session that has started.
   *
   * @param id the session's number
   * @param config the session's options
   * @param sampler the session's native side
   * @param before the native counters before the session's start
   * @param clock the session's time
   * @param throttling how long CPU quotas have throttled the process
   * @param collector the session's collector
   * @param interval the session's sampling interval
   * @param shares the division of the session's memory
   * @param tables the memory that the session's tables take
   * @param walker the name of the walker in use
   */
  SessionFigures(
      long id,
      ProfilerConfig config,
      Sampler sampler,
      SamplerCounters before,
      SessionClock clock,
      Throttling throttling,
      Collector collector,
      IntervalInForce interval,
      MemoryShares shares,
      MemoryBudget tables,
      String walker) {
    this.id = id;
    this.config = config;
    this.options = config.toOptions(); // Converted once, because all figures contain it.
    this.sampler = sampler;
    this.before = before;
    this.clock = clock;
    this.throttling = throttling;
    this.collector = collector;
    this.interval = interval;
    this.shares = shares;
    this.tables = tables;
    this.walker = walker;
    this.delivery = new Delivery(0, 0, sampler.signalCostNanos());
  }

  /** Called by the session's thread when the sampler has measured what a signal costs. */
  void signalCostMeasured() {
    long signals = sampler.counters().since(before).signals();
    delivery = new Delivery(signals, delivery.nanos(signals), sampler.signalCostNanos());
  }

  /**
   * Returns the end of the session, or the present while the session runs, in nanoseconds after its
   * start.
   */
  long nanos() {
    return ended ? endNanos : clock.elapsedNanos();
  }

  /** Returns the final figures after the session's end, otherwise the present figures. */
  ProfilerStats stats() {
    ProfilerStats done = last;
    if (done != null) {
      return done;
    }
    ProfilerStats now = stats(nanos(), false);
    // If the session ended meanwhile, the native counters can contain counts of a later session.
    done = last;
    return done != null ? done : now;
  }

  /**
   * Remembers the present figures, as the beginning of later rates. Called about once a second, by
   * the session's thread.
   *
   * @param nanos the present, in nanoseconds after the session's start
   * @param now the figures of this moment
   */
  void secondPassed(long nanos, ProfilerStats now) {
    recent.add(new RecentRates.Point(nanos, now.counters()));
  }

  /** Returns the native side's part of the figures that were last computed. */
  SamplerCounters counted() {
    return lastCounted;
  }

  /**
   * Makes the figures final. The timers are gone by now. Every sample that is in no table counts as
   * dropped. If the heap has no room for them, the session has ended all the same; see {@link
   * #settle()}.
   *
   * @param elapsedNanos the end of the session, in nanoseconds after its start
   */
  void end(long elapsedNanos) {
    endNanos = elapsedNanos;
    ended = true;
    try {
      settle();
    } catch (OutOfMemoryError e) {
      // Until settle() succeeds, the figures are those of the last reading before the end.
    }
  }

  /**
   * Makes the figures of a session that has ended final, if they are not. Must be called before the
   * next session starts, which changes the native counters.
   */
  void settle() {
    if (ended && last == null) {
      last = stats(endNanos, true);
    }
  }

  private ProfilerStats stats(long elapsedNanos, boolean isLast) {
    // The collector's figures are read first. Otherwise a sample that is written and collected
    // between the two readings would count as collected, but not as a signal.
    CollectorStats collected = isLast ? collector.latestStats() : collector.stats();
    SamplerCounters now = sampler.counters();
    SamplerCounters counted = (isLast ? now.settled() : now).since(before);
    lastCounted = counted;
    long unread = counted.committed() - collected.collected() - collected.dropped().total();
    Drops dropped =
        counted
            .dropped()
            .plus(collected.dropped())
            .plus(DropReason.COLLECTOR_ERROR, isLast ? unread : 0);
    long overhead =
        overheadNanos.accumulateAndGet(
            counted.handlerCpuNanos()
                + delivery.nanos(counted.signals())
                + counted.hookCpuNanos()
                + collected.ownCpuNanos(),
            Math::max);
    ProfilerStats.Counters counters =
        new ProfilerStats.Counters(
            1,
            counted.signals(),
            collected.collected(),
            dropped,
            collected.unwalkable(),
            collected.sampled(),
            counted.droppedCpuNanos()
                + counted.unsignalledCpuNanos()
                + counted.unseenCpuNanos()
                + collected.droppedCpuNanos(),
            counted.unseenCpuNanos(),
            overhead,
            counted.walkNanos(),
            counted.kernel().withThrottled(throttling.nanos()));
    return new ProfilerStats(
        counters,
        new ProfilerStats.Gauges(
            counted.threadsSampled(),
            counted.threadsFailed(),
            collected.uniqueStacks(),
            tables.used() + (isLast ? 0 : shares.sampler().usedBytes())),
        isLast
            ? ProfilerStats.Rates.ZERO
            : recent.until(new RecentRates.Point(elapsedNanos, counters)),
        new ProfilerStats.Setup(
            interval.range().nanos(),
            shares.limitBytes(),
            config.engine().inUse().option(),
            walker),
        new SessionStats(
            id,
            options,
            clock.startMillis(),
            TimeUnit.NANOSECONDS.toMillis(elapsedNanos),
            collected.collected(),
            dropped.total(),
            Overhead.model(counted.signals(), elapsedNanos),
            Overhead.measured(overhead, elapsedNanos)));
  }
}
