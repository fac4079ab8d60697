package io.spprof;

/**
 * What a {@link Profiler} is doing.
 *
 * <pre>
 *            start()                     stop(), duration over
 *   IDLE ───────────────▶ RUNNING ─────────────────────────────▶ IDLE
 *    ▲  │                    │
 *    │  │ start() refused    │ the teardown timed out
 *    │  ▼                    ▼
 *    └─ FAILED ◀─────────────┘      (a later start() or stop() tries again)
 * </pre>
 */
public enum ProfilerState {
  /** No session; the last profile, if any, can be read. Left by a start. */
  IDLE,
  /**
   * A session is sampling. Left by a stop, by the end of the session's duration, or by a failure.
   */
  RUNNING,
  /**
   * The last start or stop did not succeed; {@link Profiler#lastError()} says why and what to do.
   * Left by the next start or stop that succeeds.
   */
  FAILED
}
