package io.spprof.profile;

import java.util.Arrays;

/**
 * The CPU time of samples by {@link Category}, in nanoseconds. Each sample is in exactly one
 * category, so {@link #total()} is the CPU time of all samples. Immutable.
 */
public final class CategoryTimes {

  /** All times are zero. */
  public static final CategoryTimes NONE = new CategoryTimes(new long[Category.values().length]);

  private final long[] nanos; // by Category.ordinal()

  private CategoryTimes(long[] nanos) {
    this.nanos = nanos;
  }

  /**
   * Creates an object from an array.
   *
   * @param nanos the CPU time for each category, in nanoseconds; the index is {@link
   *     Category#ordinal()}; the array is copied
   * @return not null
   */
  public static CategoryTimes of(long... nanos) {
    return new CategoryTimes(Arrays.copyOf(nanos, NONE.nanos.length));
  }

  /**
   * Returns the CPU time in a category.
   *
   * @param category not null
   * @return nanoseconds
   */
  public long of(Category category) {
    return nanos[category.ordinal()];
  }

  /**
   * Adds the times of each category.
   *
   * @param more the times to add, not null
   * @return the sums
   */
  public CategoryTimes plus(CategoryTimes more) {
    long[] sums = new long[nanos.length];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = nanos[i] + more.nanos[i];
    }
    return new CategoryTimes(sums);
  }

  /**
   * Returns the sum over all categories.
   *
   * @return nanoseconds
   */
  public long total() {
    long sum = 0;
    for (long each : nanos) {
      sum += each;
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CategoryTimes that && Arrays.equals(nanos, that.nanos);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(nanos);
  }

  @Override
  public String toString() {
    return Arrays.toString(nanos);
  }
}
