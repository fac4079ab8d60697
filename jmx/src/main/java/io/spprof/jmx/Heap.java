package io.spprof.jmx;

import io.spprof.profile.HeapRoom;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * The heap that this JVM can spare for somebody who reads a profile.
 *
 * <ul>
 *   <li>For copying and sorting it, which ends with the call or the stream: half of what is free,
 *       so that a few readers never take all.
 *   <li>For a text ({@link #forTexts}): a third of what is free beyond a quarter of the heap.
 *       {@link Texts#AT_ONCE} are made at the same time, and any number can wait for slow clients,
 *       until the connector has sent them. The quarter stays the application's.
 * </ul>
 *
 * <p>What is free: where the heap is full of garbage, {@link Runtime} shows little. Then the heap
 * after the last collection counts, and what was lent since, as far as somebody still holds it.
 */
final class Heap implements HeapRoom {

  /** This can always be had, bytes: as much as a block of a stream. */
  static final long LEAST_BYTES = 256 << 10;

  private static final int RESERVE_SHARE = 4;
  private static final int TEXT_SHARE = 3;
  private static final int SORT_SHARE = 2;

  /** Of the heap, for sorting, however little is free: without it no profile could be had. */
  private static final int LEAST_SORT_SHARE = 32;

  /** The JVM's figures. */
  interface Gauge {
    /** The heap's greatest size, bytes. */
    long max();

    /** What is in use now, garbage included, bytes. */
    long used();

    /** What was in use after the last collection, bytes; less than 0 if that is not known. */
    long usedAfterCollection();
  }

  private record Loan(WeakReference<Object> holder, long bytes) {}

  private final Gauge gauge;
  private final List<Loan> loans = new ArrayList<>(); // guarded by this

  Heap() {
    this(new JvmGauge());
  }

  /** A seam for tests. */
  Heap(Gauge gauge) {
    this.gauge = gauge;
  }

  /** For copying and sorting. */
  @Override
  public long bytes() {
    long least = Math.max(LEAST_BYTES, gauge.max() / LEAST_SORT_SHARE);
    return Math.max(least, free() / SORT_SHARE);
  }

  /** For a text. */
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
   * Remembers what was allocated.
   *
   * @param holder what holds it, not null; it is not kept alive
   * @param bytes how much
   */
  synchronized void lend(Object holder, long bytes) {
    if (bytes > LEAST_BYTES / 64) { // less is not worth an entry
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
