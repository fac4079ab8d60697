package io.spprof.cli;

import io.spprof.config.ProfilerConfig;
import java.util.concurrent.TimeUnit;

/** Parses durations on the command line, such as {@code 30s}. */
final class Spans {

  private static final long MOST_SECONDS = TimeUnit.HOURS.toSeconds(23);

  private Spans() {}

  /**
   * Parses a duration.
   *
   * @param option the option whose value is parsed, for messages
   * @param text a number and a unit (s, m or h), such as {@code 30s}; a number without a unit is in
   *     seconds
   * @return the duration in seconds, from 1 to 82,800 (23 hours)
   * @throws CommandFailure if the text is no duration, or is out of range
   */
  static long seconds(String option, String text) {
    try {
      if (text.matches("[0-9]+[smh]?")) {
        String unit = Character.isDigit(text.charAt(text.length() - 1)) ? "s" : "";
        long seconds = ProfilerConfig.parse("duration=" + text + unit).durationSeconds();
        if (seconds <= MOST_SECONDS) {
          return seconds;
        }
      }
    } catch (IllegalArgumentException e) {
      // The exception below reports the wrong text.
    }
    throw CommandFailure.usage(
        option + " " + Cli.shown(text) + ": 1s to 23h (units s, m, h; s if left out)");
  }
}
