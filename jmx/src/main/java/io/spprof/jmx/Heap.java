package io.spprof.jmx;

import io.spprof.profile.HeapRoom;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides how many bytes of this JVM's heap a reader of a profile may use, so that readers do not
 * exhaust it.
 *
 * <ul>
 *   <li>To copy and sort a profile: half of the free heap. The memory is free again at the end of
 *       the call or the stream. Half, so that a few readers together never take everything.
 *   <li>For a text ({@link #forTexts}): a third of the free heap beyond a quarter of the whole
 *       heap. {@link Texts#AT_ONCE} texts are made at the same time, and any number of finished
 *       texts can wait for slow clients until the connector has sent them. The quarter remains for
 *       the application.
 * </ul>
 *
 * <p>How much is free: in a heap full of garbage, {@link Runtime} reports little. So the bytes in
 * use are the smaller of two figures: the bytes in use now, and the bytes in use after the last
 * collection plus everything lent that is still reachable. What was lent before that collection
 * counts twice in the second figure, which errs towards less free memory.
 */
final class Heap implements HeapRoom {

  /** A request for this many bytes is always granted: the size of one block of a stream. */
  static final long LEAST_BYTES = 256 << 10;

  private static final int RESERVE_SHARE = 4;
  private static final int TEXT_SHARE = 3;
  private static final int SORT_SHARE = 2;

  /**
   * Sorting may use this share of the heap however little is free. Without it, no profile could be
   * read at all.
   */
  private static final int LEAST_SORT_SHARE = 32;

  /** Reads the sizes of the heap. */
  interface Gauge {
    /** The maximum size of the heap, bytes. */
    long max();

    /** The bytes in use now, including garbage. */
    long used();

    /** The bytes in use after the last collection; negative if that is not known. */
    long usedAfterCollection();
  }

  private record Loan(WeakReference<Object> holder, long bytes) {}

  private final Gauge gauge;
  private final List<Loan> loans = new ArrayList<>(); // guarded by this

  Heap() {
    this(new JvmGauge());
  }

  /** For tests, which bring their own sizes of the heap. */
  Heap(Gauge gauge) {
    this.gauge = gauge;
  }

  /** The bytes that copying and sorting may use. */
  @Override
  public long bytes() {
    long least = Math.max(LEAST_BYTES, gauge.max() / LEAST_SORT_SHARE);
    return Math.max(least, free() / SORT_SHARE);
  }

  /** The bytes that one text may use. */
  HeapRoom forTexts() {
    return () -> Math.max(LEAST_BYTES, (free() - gauge.max() / RESERVE_SHARE) / TEXT_SHARE);
  }

  private synchronized long free() {
    long live = gauge.used();
    long after = gauge.usedAfterCollection();
    if (after >= 0) {
      live = Math.min(live, after + lent());
    }
    return gauge.max() - live;
  }

  /**
   * Records memory that was allocated.
   *
   * @param holder the object that holds the memory, not null; this call does not keep it alive
   * @param bytes the size of the memory
   */
  synchronized void lend(Object holder, long bytes) {
    if (bytes > LEAST_BYTES / 64) { // smaller sizes are not worth an entry
      loans.add(new Loan(new WeakReference<>(holder), bytes));
    }
  }

  private long lent() {
    loans.removeIf(loan -> loan.holder().get() == null);
    return loans.stream().mapToLong(Loan::bytes).sum();
  }

  private static final class JvmGauge implements Gauge {
    @Override
    public long max() {
      return Runtime.getRuntime().maxMemory();
    }

    @Override
    public long used() {
      return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Override
    public long usedAfterCollection() {
      try {
        return LastCollection.usedHeapBytes();
      } catch (LinkageError e) {
        return -1; // a runtime without the module jdk.management
      }
    }
  }
}
