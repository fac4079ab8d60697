package io.spprof;

import io.spprof.profile.ProfilerStats;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Sends an event when a session drops signals, and another event when the session costs more than
 * {@link ProfilerEvent.OverheadExceeded#LIMIT_PERCENT} percent of one CPU. Each of the two is sent
 * at most once in ten seconds. Used by the session's thread only.
 */
final class Alerts {

  private static final long REPEAT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Consumer<ProfilerEvent> listener;
  private long reportedDrops;
  private long nextDrops; // in nanoseconds after the session's start
  private long nextOverhead; // in nanoseconds after the session's start
  private long lastNanos;
  private long lastCpuNanos;

  Alerts(Consumer<ProfilerEvent> listener) {
    this.listener = listener;
  }

  /**
   * Checks drops and overhead, and sends an event if necessary. Called about once a second.
   *
   * @param now the present, in nanoseconds after the session's start, later than at the last call
   * @param sessionId the session
   * @param stats the session's figures
   */
  void secondPassed(long now, long sessionId, ProfilerStats stats) {
    if (stats.counters().dropped().total() > reportedDrops && now >= nextDrops) {
      reportedDrops = stats.counters().dropped().total();
      nextDrops = now + REPEAT_NANOS;
      listener.accept(new ProfilerEvent.SamplesDropped(sessionId, stats.counters().dropped()));
    }
    double percent =
        100.0 * (stats.counters().overheadCpuNanos() - lastCpuNanos) / (now - lastNanos);
    lastNanos = now;
    lastCpuNanos = stats.counters().overheadCpuNanos();
    if (percent > ProfilerEvent.OverheadExceeded.LIMIT_PERCENT && now >= nextOverhead) {
      nextOverhead = now + REPEAT_NANOS;
      listener.accept(new ProfilerEvent.OverheadExceeded(sessionId, percent));
    }
  }
}
