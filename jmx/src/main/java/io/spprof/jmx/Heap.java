package io.spprof.jmx;

import io.spprof.profile.HeapRoom;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * Limits how many bytes of this JVM's heap the readers of profiles may use, so that they do not
 * exhaust the application's heap. Each use has its own limit:
 *
 * <ul>
 *   <li>To copy and sort a profile, a reader may use half of the free heap. The memory becomes free
 *       at the end of the call or the stream. The limit is half, so that a few readers together
 *       never take everything.
 *   <li>For a text, a reader may use a third of what is free beyond a quarter of the whole heap;
 *       see {@link #forTexts}. It is a third, because {@link Texts#AT_ONCE} texts are made at the
 *       same time. The quarter remains for the application, because any number of finished texts
 *       can be on the heap, until the connector has sent them to slow clients.
 * </ul>
 *
 * <p>The free heap is the maximum size minus the bytes in use. In a heap full of garbage, {@link
 * Runtime} reports too many bytes in use. The bytes in use are therefore the smaller of two
 * figures: the bytes that {@link Runtime} reports now, and the bytes in use after the last garbage
 * collection plus all granted memory that is still reachable. The second figure counts memory twice
 * if it was granted before that collection. This error makes the free heap look smaller, which is
 * safe.
 */
final class Heap implements HeapRoom {

  /**
   * The size in bytes of a request that is always granted, which is the size of one block of a
   * stream.
   */
  static final long LEAST_BYTES = 256 << 10;

  private static final int RESERVE_SHARE = 4;
  private static final int TEXT_SHARE = 3;
  private static final int SORT_SHARE = 2;

  /**
   * Sorting may use at least the heap's maximum size divided by this number, even if less is free.
   * Otherwise a nearly full heap would make every profile unreadable.
   */
  private static final int LEAST_SORT_SHARE = 32;

  /** Reads the sizes of the heap. */
  interface Gauge {
    /** The maximum size of the heap, bytes. */
    long max();

    /** The bytes in use now, including garbage. */
    long used();

    /** The bytes in use after the last garbage collection; negative if not known. */
    long usedAfterCollection();
  }

  /**
   * Memory that was granted and allocated. It counts as in use until the garbage collector has
   * removed its holder.
   */
  private record Loan(WeakReference<Object> holder, long bytes) {}

  private final Gauge gauge;
  private final List<Loan> loans = new ArrayList<>(); // guarded by this

  Heap() {
    this(new JvmGauge());
  }

  /** For tests, which supply their own sizes of the heap. */
  Heap(Gauge gauge) {
    this.gauge = gauge;
  }

  /** Returns how many bytes copying and sorting may use. */
  @Override
  public long bytes() {
    long least = Math.max(LEAST_BYTES, gauge.max() / LEAST_SORT_SHARE);
    return Math.max(least, free() / SORT_SHARE);
  }

  /** Returns how many bytes one text may use. */
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
   * Records that memory was granted and allocated.
   *
   * @param holder the object that holds the memory, not null; this record does not keep the object
   *     alive
   * @param bytes the size of the memory
   */
  synchronized void lend(Object holder, long bytes) {
    if (bytes > LEAST_BYTES / 64) { // a smaller size is not worth a record
      loans.add(new Loan(new WeakReference<>(holder), bytes));
    }
  }

  private long lent() {
    loans.removeIf(loan -> loan.holder().get() == null);
    return loans.stream().mapToLong(Loan::bytes).sum();
  }

  /** Reads the sizes of this JVM's heap. */
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
