package io.spprof.cli;

import java.util.Locale;
import javax.management.openmbean.CompositeData;

/** The figures of a session that has ended, in words. */
final class FinalFigures {

  private FinalFigures() {}

  /**
   * Returns the figures that the page and the report have, too.
   *
   * @param session a value of the bean's attribute Session
   */
  static String of(CompositeData session) {
    return String.format(
        Locale.ROOT,
        "session %d: %,d samples, %,d dropped, measured overhead %.2f %% of one CPU",
        session.get("id"),
        session.get("collected"),
        session.get("dropped"),
        session.get("measuredOverheadPercent"));
  }
}
