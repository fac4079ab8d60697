package io.spprof;

/**
 * The state of a {@link Profiler}.
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
  /** No session is running. The last profile, if any, can be read. A start leaves this state. */
  IDLE,
  /**
   * A session is sampling. A stop, the end of the session's duration, or a failure leaves this
   * state.
   */
  RUNNING,
  /**
   * The last start or stop did not succeed. {@link Profiler#lastError()} gives the reason and the
   * remedy. The next start or stop that succeeds leaves this state.
   */
  FAILED
}
