package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.profile.SampleTimes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * The timeline of a flame graph's page: when the samples of each row were taken. The page draws the
 * CPU time of each slot of time above the graph. When the reader selects a stretch of time, the
 * page adds up the slots of this stretch, and the graph, the table of methods, the threads and the
 * legend show the stretch alone.
 *
 * <p>Source. {@link SampleTimes} has the samples one by one, with their time, row and CPU time. It
 * serves sessions of both modes. It can miss the oldest samples, because a session keeps the times
 * of the latest samples only. Windows reach further back, but a window's border is coarser than a
 * slot, and a profile is the sum of its windows. So the page marks the time before the first known
 * sample, and shows how many samples have no known time. They are in the graph of the whole time,
 * and in no stretch.
 *
 * <p>Exactness. An entry is the samples and the CPU time of one row in one slot. Both are sums of
 * samples, never shares or estimates. The entries of a row add up to the row's amounts, or to less
 * if times of samples are unknown. A sample whose time is just outside of the profile's time counts
 * in the first or the last slot.
 *
 * <p>Size. A slot has one of the widths {@link #WIDTHS}: the smallest that is {@value
 * #INTERVALS_OF_SLOT} sampling intervals long or longer, that divides the profile's time into at
 * most {@value #MOST_SLOTS} slots, and that makes at most {@value #MOST_ENTRIES} entries. In a
 * shorter slot, one sample more or less would change the number of CPUs by more than a tenth. An
 * entry is three numbers, each with one byte for each 7 bits; the page has them in base64. Slots
 * become wider for the number of entries only if the time has {@value #FEWEST_SLOTS} slots of twice
 * the width. A width is at most 2.5 times the width before, so at least 16 slots remain. A page
 * without known times, of less than {@value #FEWEST_SHOWN} slots, or of a difference has no
 * timeline, and nothing of it in its data.
 *
 * <p>Memory. The entries are made slot by slot, because the samples are nearly in the order of
 * their times. So the exporter holds 20 bytes for each row, and nothing for each sample.
 *
 * <pre>
 *  timeline := block*
 *  block    := slot entries entry*     blocks of the same slot add up
 *  entry    := gap samples units       gap: rows since the entry before, the first since row -1
 * </pre>
 */
final class FlameGraphTimeline {

  private static final int MOST_SLOTS = 120;
  private static final int FEWEST_SLOTS = 20;
  private static final int FEWEST_SHOWN = 3;
  private static final int INTERVALS_OF_SLOT = 10;
  private static final int MOST_ENTRIES = 40_000;

  /** The widths of slots, in seconds. */
  private static final double[] WIDTHS = {
    0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800,
    43_200, 86_400
  };

  private final FoldedProfile folded;
  private final SampleTimes times;
  private final long slotNanos;
  private final int slots;
  private final long divisor;

  // of the block that is being made
  private final int[] samples;
  private final long[] nanos;
  private final int[] touched;
  private int touchedCount;
  private int slot;

  FlameGraphTimeline(Profile profile, FoldedProfile folded) {
    this.folded = folded;
    this.times = profile.times();
    long duration = TimeUnit.MILLISECONDS.toNanos(profile.info().session().durationMillis());
    long least = INTERVALS_OF_SLOT * profile.info().longestIntervalNanos();
    long width = 0;
    int count = 0;
    if (times.count() > 0) {
      int step = 0;
      do {
        width = (long) (WIDTHS[step] * 1e9);
        count = (int) Math.min(Integer.MAX_VALUE, (duration + width - 1) / width);
        step++;
      } while (step < WIDTHS.length
          && (width < least || count > MOST_SLOTS || isTooLarge(width, count, duration)));
    }
    boolean isShown = count >= FEWEST_SHOWN && count <= MOST_SLOTS && width >= least;
    slotNanos = isShown ? width : 0;
    slots = isShown ? count : 0;
    samples = new int[isShown ? folded.rowCount() : 0];
    nanos = new long[samples.length];
    touched = new int[samples.length];
    divisor = isShown ? commonDivisorOfEntries() : 0;
  }

  /** Returns whether slots of this width make too many entries, and there are slots to spare. */
  private boolean isTooLarge(long width, int count, long duration) {
    if (duration / (2 * width) < FEWEST_SLOTS) {
      return false;
    }
    int[] lastSlot = new int[folded.rowCount()];
    Arrays.fill(lastSlot, -1);
    int[] entries = {0};
    for (int chunk = 0; chunk < times.chunkCount() && entries[0] <= MOST_ENTRIES; chunk++) {
      times.forEach(
          chunk,
          (time, row, cpuNanos, state) -> {
            int at = slotOf(time, width, count);
            int into = folded.foldedRow(row);
            entries[0] += lastSlot[into] == at ? 0 : 1;
            lastSlot[into] = at;
          });
    }
    return entries[0] > MOST_ENTRIES;
  }

  private static int slotOf(long time, long width, int count) {
    return (int) Math.min(count - 1L, Math.max(0, time / width));
  }

  /** Returns whether the page has a timeline. */
  boolean isShown() {
    return slots > 0;
  }

  long slotNanos() {
    return slotNanos;
  }

  int slots() {
    return slots;
  }

  /**
   * Returns the greatest duration in nanoseconds that divides the CPU time of every sample; 0 if
   * there is no timeline.
   */
  long commonDivisor() {
    return divisor;
  }

  private long commonDivisorOfEntries() {
    long[] result = {0};
    for (int chunk = 0; chunk < times.chunkCount(); chunk++) {
      times.forEach(
          chunk, (time, row, cpuNanos, state) -> result[0] = commonDivisor(result[0], cpuNanos));
    }
    return result[0];
  }

  /** Appends the steps that write the timeline. */
  void addTo(Steps steps, VarintWriter numbers, long unit) {
    steps
        .each(times.chunkCount(), chunk -> chunk(chunk, numbers, unit))
        .then(
            () -> {
              endBlock(numbers, unit);
              numbers.close();
            });
  }

  private void chunk(int chunk, VarintWriter numbers, long unit) throws IOException {
    try {
      times.forEach(
          chunk, (time, row, cpuNanos, state) -> sample(time, row, cpuNanos, numbers, unit));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void sample(long time, int row, long cpuNanos, VarintWriter numbers, long unit) {
    int at = slotOf(time, slotNanos, slots);
    if (at != slot) {
      try {
        endBlock(numbers, unit);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      slot = at;
    }
    int into = folded.foldedRow(row);
    if (samples[into]++ == 0) {
      touched[touchedCount++] = into;
    }
    nanos[into] += cpuNanos;
  }

  private void endBlock(VarintWriter numbers, long unit) throws IOException {
    if (touchedCount == 0) {
      return;
    }
    numbers.write(slot);
    numbers.write(touchedCount);
    Arrays.sort(touched, 0, touchedCount);
    int before = -1;
    for (int i = 0; i < touchedCount; i++) {
      int row = touched[i];
      numbers.write(row - before);
      numbers.write(samples[row]);
      numbers.write(nanos[row] / unit);
      samples[row] = 0;
      nanos[row] = 0;
      before = row;
    }
    touchedCount = 0;
  }

  static long commonDivisor(long a, long b) {
    long divisor = a;
    long rest = b;
    while (rest != 0) {
      long next = divisor % rest;
      divisor = rest;
      rest = next;
    }
    return divisor;
  }
}
