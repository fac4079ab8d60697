package io.spprof.budget;

/**
 * Computes the profiler's cost in two ways, in percent of one CPU: the overhead by a model, and the
 * measured overhead. docs/figures.md explains both.
 */
public final class Overhead {

  /** CPU time of one sample by the model, in nanoseconds. It includes the kernel's part. */
  private static final long MODEL_NANOS_PER_SAMPLE = 25_000;

  private Overhead() {}

  /**
   * Returns the overhead by the model.
   *
   * @param signals the number of signals, 0 or more
   * @param elapsedNanos the time in which the signals arrived, in nanoseconds
   * @return percent of one CPU, 0 to 100
   */
  public static double model(long signals, double elapsedNanos) {
    return measured(signals * MODEL_NANOS_PER_SAMPLE, elapsedNanos);
  }

  /**
   * Returns the measured overhead.
   *
   * @param overheadNanos CPU time of handlers, of the work at starts and ends of threads, and of
   *     the profiler's own threads, in nanoseconds
   * @param elapsedNanos the time in which this CPU time was used, in nanoseconds
   * @return percent of one CPU, 0 to 100
   */
  public static double measured(long overheadNanos, double elapsedNanos) {
    return Math.max(0, Math.min(100, 100 * overheadNanos / Math.max(1, elapsedNanos)));
  }
}
