package io.spprof;

/**
 * The state of a {@link Profiler}.
 *
 * <pre>
 *            start()                     stop(), duration over
 *   IDLE ───────────────▶ RUNNING ─────────────────────────────▶ IDLE
 *    │                     ▲  │
 *    │ start() failed      │  │ stop() failed: the teardown timed out
 *    ▼                     │  ▼
 *   FAILED ────────────────┘ FAILED
 *           start()            └─ stop() ─▶ IDLE
 * </pre>
 *
 * <p>After a failed start there is no session, and a later start can succeed. After a failed stop
 * the session is still there, and only a stop can end it; the profiler also tries that itself if
 * the session's duration is over. A call that the state does not permit changes nothing: a start
 * while there is a session, a stop while there is none. Where the sampler is not available, the
 * first state is FAILED.
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
   * The last start or stop failed. {@link Profiler#lastError()} gives the reason and the remedy.
   * The next start or stop that succeeds leaves this state.
   */
  FAILED
}
