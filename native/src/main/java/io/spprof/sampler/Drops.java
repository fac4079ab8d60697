package io.spprof.sampler;

import java.util.Arrays;
import java.util.StringJoiner;

/** Counts of the signals that are in no profile, by reason. Immutable. */
public final class Drops {

  private static final DropReason[] REASONS = DropReason.values();

  /** Counts of 0. */
  public static final Drops NONE = new Drops(new long[REASONS.length]);

  private final long[] counts; // by DropReason.ordinal(); never changed

  private Drops(long[] counts) {
    this.counts = counts;
  }

  /** Keeps the array. Most windows of a session have no drops; they share an object. */
  private static Drops holding(long[] counts) {
    return Arrays.equals(counts, NONE.counts) ? NONE : new Drops(counts);
  }

  /**
   * Creates an object from an array with the index {@link DropReason#ordinal()}.
   *
   * @param counts signals for each reason; the array is not kept
   * @return not null
   * @throws IllegalArgumentException if the array has not one count for each reason
   */
  public static Drops of(long[] counts) {
    if (counts.length != REASONS.length) {
      throw new IllegalArgumentException(
          counts.length + " counts for " + REASONS.length + " reasons");
    }
    return holding(counts.clone());
  }

  /**
   * Returns the number of signals that were dropped for one reason.
   *
   * @param reason the reason, not null
   * @return signals
   */
  public long of(DropReason reason) {
    return counts[reason.ordinal()];
  }

  /**
   * Returns the sum over all reasons.
   *
   * @return signals
   */
  public long total() {
    return Arrays.stream(counts).sum();
  }

  /**
   * Adds signals to the count of one reason.
   *
   * @param reason the reason, not null
   * @param signals the number to add
   * @return the sums
   */
  public Drops plus(DropReason reason, long signals) {
    long[] sums = counts.clone();
    sums[reason.ordinal()] += signals;
    return holding(sums);
  }

  /**
   * Adds the counts of each reason.
   *
   * @param other the counts to add, not null
   * @return the sums
   */
  public Drops plus(Drops other) {
    long[] sums = counts.clone();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += other.counts[i];
    }
    return holding(sums);
  }

  /**
   * Subtracts the counts of each reason.
   *
   * @param other the counts to subtract, not null
   * @return the differences
   */
  public Drops minus(Drops other) {
    long[] differences = counts.clone();
    for (int i = 0; i < differences.length; i++) {
      differences[i] -= other.counts[i];
    }
    return holding(differences);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Drops drops && Arrays.equals(counts, drops.counts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(counts);
  }

  /** Returns all counts as a list, for instance {@code bufferFull=3, walkBuffersBusy=0, ...}. */
  @Override
  public String toString() {
    StringJoiner list = new StringJoiner(", ");
    for (DropReason reason : REASONS) {
      list.add(reason.key() + "=" + of(reason));
    }
    return list.toString();
  }
}
