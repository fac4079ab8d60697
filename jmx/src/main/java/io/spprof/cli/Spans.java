package io.spprof.cli;

import java.util.concurrent.TimeUnit;

/** Parses durations on the command line, such as {@code 30s}. */
final class Spans {

  private static final long MOST_SECONDS = TimeUnit.HOURS.toSeconds(23);
  private static final int MOST_DIGITS = 9;

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
    int digits = 0;
    while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
      digits++;
    }
    long unitSeconds =
        switch (text.substring(digits)) {
          case "", "s" -> 1;
          case "m" -> TimeUnit.MINUTES.toSeconds(1);
          case "h" -> TimeUnit.HOURS.toSeconds(1);
          default -> 0;
        };
    if (digits >= 1 && digits <= MOST_DIGITS) {
      long seconds = Long.parseLong(text.substring(0, digits)) * unitSeconds;
      if (seconds >= 1 && seconds <= MOST_SECONDS) {
        return seconds;
      }
    }
    throw CommandFailure.usage(
        option + " " + Main.shown(text) + ": 1s to 23h (units s, m, h; s if left out)");
  }
}
