package io.spprof.budget;

/** The two figures of the profiler's cost, in percent of one CPU; see docs/figures.md. */
public final class Overhead {

  /** CPU time that a sample is taken to cost, kernel and all. */
  private static final long MODEL_NANOS_PER_SAMPLE = 25_000;

  private Overhead() {}

  /**
   * By the model.
   *
   * @param signals signals, 0 or more
   * @param elapsedNanos in so much time, ns
   * @return 0 to 100, percent of one CPU
   */
  public static double model(long signals, double elapsedNanos) {
    return measured(signals * MODEL_NANOS_PER_SAMPLE, elapsedNanos);
  }

  /**
   * As measured.
   *
   * @param overheadNanos CPU time of handlers and own threads, ns
   * @param elapsedNanos in so much time, ns
   * @return 0 to 100, percent of one CPU
   */
  public static double measured(long overheadNanos, double elapsedNanos) {
    return Math.max(0, Math.min(100, 100 * overheadNanos / Math.max(1, elapsedNanos)));
  }
}
