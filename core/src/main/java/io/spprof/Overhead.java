package io.spprof;

/** The two figures of the profiler's cost, in percent of one CPU; see docs/figures.md. */
final class Overhead {

  /** CPU time that a sample is taken to cost, kernel and all. */
  private static final long MODEL_NANOS_PER_SAMPLE = 25_000;

  private Overhead() {}

  /** By the model: so many signals in so much time, ns. 0 to 100. */
  static double model(long signals, double elapsedNanos) {
    return measured(signals * MODEL_NANOS_PER_SAMPLE, elapsedNanos);
  }

  /** As measured: CPU time of handlers and own threads in so much time, ns. 0 to 100. */
  static double measured(long overheadNanos, double elapsedNanos) {
    return Math.max(0, Math.min(100, 100 * overheadNanos / Math.max(1, elapsedNanos)));
  }
}
