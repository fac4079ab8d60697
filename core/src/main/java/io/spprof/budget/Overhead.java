package io.spprof.budget;

/**
 * The two figures of the profiler's cost, modelled and measured, in percent of one CPU.
 * docs/figures.md explains both.
 */
public final class Overhead {

  /** CPU time that a sample costs according to the model, the kernel's part included, ns. */
  private static final long MODEL_NANOS_PER_SAMPLE = 25_000;

  private Overhead() {}

  /**
   * Returns the overhead by the model.
   *
   * @param signals number of signals, 0 or more
   * @param elapsedNanos the time in which the signals arrived, ns
   * @return 0 to 100, percent of one CPU
   */
  public static double model(long signals, double elapsedNanos) {
    return measured(signals * MODEL_NANOS_PER_SAMPLE, elapsedNanos);
  }

  /**
   * Returns the measured overhead.
   *
   * @param overheadNanos CPU time of handlers and of the profiler's own threads, ns
   * @param elapsedNanos the time in which this CPU time was used, ns
   * @return 0 to 100, percent of one CPU
   */
  public static double measured(long overheadNanos, double elapsedNanos) {
    return Math.max(0, Math.min(100, 100 * overheadNanos / Math.max(1, elapsedNanos)));
  }
}
