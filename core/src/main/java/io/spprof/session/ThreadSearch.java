package io.spprof.session;

import java.util.concurrent.TimeUnit;

/**
 * Decides when to search for new threads between two sweeps. A sweep checks all threads of the
 * process. A search is cheaper: it tries the thread numbers given out since the last sweep or
 * search.
 *
 * <p>Searches run until the session's first sweep. Afterwards they run only while they are useful:
 * while threads that end between two sweeps use more than a hundredth of a CPU, and for two seconds
 * longer. The CPU time of the threads that end between two sweeps is the sum of two parts: the
 * unseen CPU time, which no signal stands for, and the CPU time of the threads that searches found.
 * Without the second part, successful searches would end themselves.
 *
 * <p>A search is due every 5 ms, or later if searches would otherwise exceed their share of a CPU.
 * This class only calculates. Used by one thread.
 */
final class ThreadSearch {

  private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LASTS_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** The CPU time of short-lived threads that justifies searches, as a part of one CPU. */
  private static final double WORTH = 0.01;

  private long sweptAt;
  private long found;
  private long before; // CPU time that was unseen or found by searches, at the last sweep
  private long until = Long.MAX_VALUE;
  private long due = SHORTEST_NANOS;

  /**
   * Creates the schedule at the session's start.
   *
   * @param unseenNanos the unseen CPU time up to now, in nanoseconds
   */
  ThreadSearch(long unseenNanos) {
    before = unseenNanos;
  }

  /**
   * Returns when the next search is due, in nanoseconds after the session's start; {@code
   * Long.MAX_VALUE} for never.
   */
  long dueNanos() {
    return due;
  }

  /**
   * Called after a sweep.
   *
   * @param now the present, in nanoseconds after the session's start
   * @param unseenNanos the unseen CPU time up to now, in nanoseconds
   */
  void swept(long now, long unseenNanos) {
    if (until == Long.MAX_VALUE) { // the session's first sweep
      due = Long.MAX_VALUE;
      until = now;
    }
    if (unseenNanos + found - before > WORTH * (now - sweptAt)) {
      until = now + LASTS_NANOS;
      due = Math.min(due, now + SHORTEST_NANOS);
    }
    sweptAt = now;
    before = unseenNanos + found;
  }

  /**
   * Called after a search.
   *
   * @param now the present, in nanoseconds after the session's start
   * @param tookNanos the CPU time that the search took, including waking up, in nanoseconds
   * @param share the reciprocal of the share of a CPU that searches may take
   * @param foundNanos the CPU time of the threads that searches of this session found and that have
   *     ended, in nanoseconds
   */
  void searched(long now, long tookNanos, int share, long foundNanos) {
    found = foundNanos;
    due = now < until ? now + Math.max(SHORTEST_NANOS, share * tookNanos) : Long.MAX_VALUE;
  }
}
