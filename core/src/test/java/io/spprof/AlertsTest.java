package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.ProfilerEvent.OverheadExceeded;
import io.spprof.ProfilerEvent.SamplesDropped;
import io.spprof.profile.CategoryTimes;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.ProfilerStats.Counters;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests that both events come and stop in a session that has run for a week. */
final class AlertsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long WEEK = 7 * 24 * 3600;

  private final List<ProfilerEvent> events = new ArrayList<>();
  private final Alerts alerts = new Alerts(events::add);

  private long second;
  private long drops;
  private long overheadNanos;

  private void pass(long seconds, long dropsEach, double overheadPercentEach) {
    for (long end = second + seconds; second < end; ) {
      second++;
      drops += dropsEach;
      overheadNanos += (long) (overheadPercentEach / 100 * SECOND);
      Drops dropped = Drops.NONE.plus(DropReason.LATE, drops);
      Counters counters =
          new Counters(
              1,
              100 * second,
              0,
              dropped,
              0,
              CategoryTimes.NONE,
              0,
              0,
              overheadNanos,
              0,
              KernelTimes.NONE);
      alerts.secondPassed(
          second * SECOND,
          1,
          new ProfilerStats(
              counters,
              ProfilerStats.Gauges.ZERO,
              ProfilerStats.Rates.ZERO,
              ProfilerStats.none(null).setup(),
              ProfilerStats.none(null).session()));
    }
  }

  @Test
  void shouldReportTheOverheadOfNowInASessionThatIsOld() {
    pass(WEEK, 0, 0.3);
    assertEquals(List.of(), events);
    pass(1, 0, 100);
    assertEquals(List.of(new OverheadExceeded(1, 100)), events);
    pass(10, 0, 100);
    assertEquals(2, events.size(), "once in ten seconds");
    pass(3600, 0, 0.3);
    assertEquals(2, events.size(), "it rests");
  }

  @Test
  void shouldReportTheDropsOfNowInASessionThatIsOld() {
    pass(WEEK, 0, 0.3);
    pass(1, 7, 0.3);
    assertEquals(List.of(new SamplesDropped(1, Drops.NONE.plus(DropReason.LATE, 7))), events);
    pass(3600, 0, 0.3);
    assertEquals(1, events.size(), "it rests");
  }
}
