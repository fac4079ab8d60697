package io.spprof.cli;

import io.spprof.config.ProfilerConfig;
import java.util.concurrent.TimeUnit;

/** Spans of time on the command line. */
final class Spans {

  private static final long MOST_SECONDS = TimeUnit.HOURS.toSeconds(23);

  private Spans() {}

  /**
   * Reads a span.
   *
   * @param option what it was given for, as messages show it
   * @param text such as {@code 30s}; units s, m, h
   * @return seconds, 1 to 82,800
   * @throws CommandFailure if it is none, or out of range
   */
  static long seconds(String option, String text) {
    try {
      long seconds = ProfilerConfig.parse("duration=" + text).durationSeconds();
      if (seconds <= MOST_SECONDS) {
        return seconds;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw CommandFailure.usage(option + " " + Cli.shown(text) + ": 1s to 23h (units s, m, h)");
  }
}
