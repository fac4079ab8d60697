package io.spprof;

/** What makes the sampling signals. */
public enum Engine {
  /** The best engine of the platform. */
  AUTO,
  /** A CPU timer a thread ({@code timer_create} on the thread's CPU clock; Linux). */
  CTIMER
}
