package io.spprof.cli;

import java.time.DateTimeException;
import java.time.Instant;

/**
 * The figures of the newest windows of a continuous session.
 *
 * @param from the start of the first window
 * @param to the end of the last window
 * @param samples the number of samples in the windows
 * @param dropped the number of dropped signals in the windows
 */
record Stretch(Instant from, Instant to, long samples, long dropped) {

  /** How near to the end of a window a range begins with the next one, as the target has it. */
  private static final long NEAR_MILLIS = 50;

  private static final int FROM = 0;
  private static final int TO = 1;
  private static final int SAMPLES = 2;
  private static final int DROPS = 3;

  /**
   * Adds up the windows that a range without an end contains.
   *
   * @param fromMillis the start of the range, in milliseconds since the epoch
   * @param windows the answer of the bean's operation {@code windows}: a heading, then a line for
   *     each window
   * @throws ClassCastException if the target sent something else
   */
  static Stretch since(long fromMillis, String windows) {
    Instant begin = null;
    Instant end = Instant.ofEpochMilli(fromMillis);
    long samples = 0;
    long dropped = 0;
    try {
      for (String line : windows.lines().skip(1).toList()) {
        String[] columns = line.strip().split(" +");
        Instant to = Instant.parse(columns[TO]);
        if (to.toEpochMilli() - fromMillis >= NEAR_MILLIS) {
          begin = begin == null ? Instant.parse(columns[FROM]) : begin;
          end = to;
          samples += Long.parseLong(columns[SAMPLES]);
          dropped += Long.parseLong(columns[DROPS]);
        }
      }
    } catch (DateTimeException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new ClassCastException("no table of windows");
    }
    return new Stretch(begin == null ? end : begin, end, samples, dropped);
  }

  /** Returns whether both have the same samples and drops. Their times can differ by the clock. */
  boolean isLike(Stretch other) {
    return samples == other.samples && dropped == other.dropped;
  }
}
