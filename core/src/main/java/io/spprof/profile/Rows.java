package io.spprof.profile;

/**
 * The rows of a profile, as columns.
 *
 * @param stacks the stack of each row
 * @param threads the thread of each row, as an index into the list of threads
 * @param samples the number of samples of each row
 * @param cpuNanos the CPU time that each row's samples stand for, in nanoseconds
 * @param count the number of rows; the arrays may be longer
 */
public record Rows(int[] stacks, int[] threads, long[] samples, long[] cpuNanos, int count) {

  /** No rows. */
  public static final Rows NONE = new Rows(new int[0], new int[0], new long[0], new long[0], 0);
}
