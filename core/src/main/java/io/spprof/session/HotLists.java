package io.spprof.session;

import io.spprof.collect.Collector;
import io.spprof.collect.Hottest;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.HotMethods;
import io.spprof.profile.HotMethods.Stretch;
import io.spprof.sampler.Sampler;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BooleanSupplier;

/**
 * Answers which methods are the hottest: now, over the last minute, and over the whole session. The
 * thread that asks makes the list. A list is made again after a second at the earliest, and so
 * seldom that making it takes one percent of a CPU at most. In between, and where the heap has no
 * room, the last list is the answer; it says of which time it is. After the session's end a list is
 * made at once, and then never again; while the heap has no room for it, as seldom as before.
 *
 * <p>Any thread may ask. Two threads that ask at the same time may both make a list, which does no
 * harm. Making a list waits until the present pass of the {@link Collector} has ended.
 */
final class HotLists {

  /** The shortest time between two lists of the same stretch, in nanoseconds. */
  private static final long SHORTEST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long CPU_SHARE = 100; // one part in a hundred of a CPU

  /**
   * A list that was made.
   *
   * @param list the list
   * @param untilNanos until when no other list is made, in nanoseconds after the session's start
   * @param ended whether the session had ended when the list was asked for
   * @param last whether the list has all samples of a session that had ended, so that it is the
   *     answer for ever
   */
  private record Made(HotMethods list, long untilNanos, boolean ended, boolean last) {
    static final Made NONE = new Made(HotMethods.NONE, Long.MIN_VALUE, false, false);
  }

  private final Sampler sampler;
  private final Collector collector;
  private final SessionFigures figures;
  private final SessionClock clock;
  private final BooleanSupplier running;
  private final AtomicReferenceArray<Made> made =
      new AtomicReferenceArray<>(Stretch.values().length); // by ordinal()

  HotLists(
      Sampler sampler,
      Collector collector,
      SessionFigures figures,
      SessionClock clock,
      BooleanSupplier running) {
    this.sampler = sampler;
    this.collector = collector;
    this.figures = figures;
    this.clock = clock;
    this.running = running;
    for (Stretch stretch : Stretch.values()) {
      made.set(stretch.ordinal(), Made.NONE);
    }
  }

  /**
   * Returns the hottest methods of a stretch that ends now, or at the session's end.
   *
   * @param stretch the length of the stretch
   * @param room asked before the samples are added up
   */
  HotMethods of(Stretch stretch, HeapRoom room) {
    Made known = made.get(stretch.ordinal());
    boolean ended = !running.getAsBoolean(); // read first: a list after the end has all samples
    // The clock goes on after the session's end; the figures' time does not.
    boolean isSoon = clock.elapsedNanos() < known.untilNanos();
    if (known.last() || isSoon && known.ended() == ended) {
      return known.list();
    }
    long now = figures.nanos();
    long before = sampler.currentThreadCpuNanos();
    Hottest hottest = hottest(stretch, now, room);
    long took = sampler.currentThreadCpuNanos() - before;
    long epoch = clock.epochNanos();
    HotMethods list =
        hottest == null
            ? known.list()
            : new HotMethods(
                SessionClock.millis(epoch, hottest.sinceNanos()),
                SessionClock.millis(epoch, now),
                hottest.samples(),
                hottest.methods());
    long until = clock.elapsedNanos() + Math.max(SHORTEST_NANOS, CPU_SHARE * took);
    made.set(stretch.ordinal(), new Made(list, until, ended, ended && hottest != null));
    return list;
  }

  private Hottest hottest(Stretch stretch, long now, HeapRoom room) {
    return stretch == Stretch.ALL
        ? collector.hottest()
        : collector.recent(now - TimeUnit.SECONDS.toNanos(stretch.seconds())).hottest(room);
  }
}
