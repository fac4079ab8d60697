package io.spprof.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The final figures of a session, as the bean's operation {@code stop} returns them. */
final class FinalFigures {

  private static final Pattern ANSWER =
      Pattern.compile(
          "session=(\\d{1,9}) durationMillis=(\\d{1,15}) collected=(\\d{1,18}) dropped=(\\d{1,18})"
              + " (?:.* )?measuredOverheadPercent=(\\d{1,3}\\.\\d{1,9})(?: .*)?");

  private FinalFigures() {}

  /**
   * Returns the figures in words.
   *
   * @param answer the answer of {@code stop}
   * @return the answer itself if it is of an unknown form
   */
  static String inWords(String answer) {
    Matcher figures = ANSWER.matcher(answer);
    return !figures.matches()
        ? answer
        : String.format(
            Locale.ROOT,
            "session %s: %,d samples, %,d dropped, measured overhead %.2f %% of one CPU, in %,.1f s",
            figures.group(1),
            Long.parseLong(figures.group(3)),
            Long.parseLong(figures.group(4)),
            Double.parseDouble(figures.group(5)),
            Long.parseLong(figures.group(2)) / 1e3);
  }
}
