package io.spprof.session;

import io.spprof.budget.Budget;
import io.spprof.collect.Pass;
import java.util.concurrent.TimeUnit;

/**
 * Decides when the next pass (one reading of the ring) is due. To wake up costs more than to read
 * ten samples, so a pass is normally due only 0.2 s after the last one. Passes come more often in
 * these cases:
 *
 * <ul>
 *   <li>The ring fills up. If a pass finds an eighth of it used, it still has room for a burst of
 *       eight times as many records.
 *   <li>Samples come, and a budget must be kept, which each pass does: every 0.1 s.
 *   <li>Samples come, and a thread was renamed in the last ten seconds: every 0.1 s. The samples
 *       between a pass and a renaming are recorded under the new name.
 *   <li>Samples come, and the ring is small, or an eighth of it was used in the last ten seconds:
 *       every 0.1 s. A burst has more room then.
 * </ul>
 *
 * <p>A budget can ask for rarer passes. This class only calculates. Used by one thread.
 */
final class PassSchedule {

  /** The longest pause between two passes, unless a budget asks for a longer one. */
  static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** The shortest pause. */
  static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private static final long OFTEN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long OFTEN_LASTS_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int SMALL_BYTES = 1 << 20;

  private final int capacity;
  private final Budget budget;
  private long pause = OFTEN_NANOS / 2; // so that the second pass comes after 0.1 s, too
  private long due = OFTEN_NANOS;
  private long oftenUntil;

  /**
   * Creates the schedule at the session's start.
   *
   * @param capacity the size of the ring in bytes
   * @param budget the budget of the session
   */
  PassSchedule(int capacity, Budget budget) {
    this.capacity = capacity;
    this.budget = budget;
  }

  /** Returns when the next pass is due, in nanoseconds after the session's start. */
  long dueNanos() {
    return due;
  }

  /** Called before a pass, which can fail: the next one is due a pause later in any case. */
  void begun(long now) {
    due = now + pause;
  }

  /** Called instead of a pass if there is nothing to read and to do. */
  void hadNothing(long now) {
    pause = Math.min(pause * 2, budget.pace() * LONGEST_NANOS);
    due = now + pause;
  }

  /**
   * Called after a pass.
   *
   * @param now the present, in nanoseconds after the session's start
   * @param pass what the pass has read
   */
  void passed(long now, Pass pass) {
    boolean fillsUp = pass.bytes() > capacity / 8;
    if (fillsUp || pass.hasRenamed()) {
      oftenUntil = now + OFTEN_LASTS_NANOS;
    }
    if (fillsUp) {
      pause = Math.max(SHORTEST_NANOS, pause / 2);
    } else if (pass.bytes() < capacity / 32) {
      pause *= 2;
    }
    boolean isOften =
        pass.hasSamples() && (budget.isSet() || capacity < SMALL_BYTES || now < oftenUntil);
    pause = Math.min(pause, budget.pace() * (isOften ? OFTEN_NANOS : LONGEST_NANOS));
    due = now + pause;
  }
}
