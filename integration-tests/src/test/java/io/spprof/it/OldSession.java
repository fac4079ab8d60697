package io.spprof.it;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/**
 * The figures of a session that is a week old, one reading a minute for three hours: an hour
 * without trouble, an hour with everything that an alert is for, and an hour without trouble again.
 * The counters hold what a week has added up, so a mean since the session's start hardly changes.
 */
final class OldSession {

  /** The last minute before the trouble. */
  static final int BEFORE = 59;

  /** A minute in which every alert must have noticed the trouble. */
  static final int TROUBLE = 110;

  /** A minute in which every alert must rest again. */
  static final int AFTER = 179;

  private static final long WEEK = 7 * 24 * 60;
  private static final long MINUTE_NANOS = 60_000_000_000L;

  private OldSession() {}

  private static boolean isTrouble(long minute) {
    return minute > BEFORE && minute < 120;
  }

  /** Returns the values of each attribute that an alert uses, by minute. */
  static Map<String, List<Long>> readings() {
    Map<String, List<Long>> readings = new HashMap<>();
    readings.put("Running", gauge(minute -> 1L));
    readings.put("Signals", counter(6_000, 6_000));
    readings.put("DroppedSamples", counter(0, 600));
    readings.put("OverheadCpuTimeNanos", counter(MINUTE_NANOS / 333, MINUTE_NANOS));
    readings.put("ThreadsFailed", gauge(minute -> isTrouble(minute) ? 3L : 0L));
    readings.put("OldestSampleAgeSeconds", gauge(minute -> isTrouble(minute) ? 300L : 3_600L));
    readings.put("MemoryUsedBytes", gauge(minute -> 31_000_000L));
    readings.put("MemoryLimitBytes", gauge(minute -> 32_000_000L));
    return readings;
  }

  private static List<Long> gauge(LongFunction<Long> value) {
    return LongStream.rangeClosed(0, AFTER).mapToObj(value).toList();
  }

  /** A counter that grows by one number a minute, and by another during the trouble. */
  private static List<Long> counter(long normally, long inTrouble) {
    return gauge(
        minute -> {
          long troubled = Math.max(0, Math.min(60, minute - BEFORE));
          return (WEEK + minute - troubled) * normally + troubled * inTrouble;
        });
  }
}
