package io.spprof.cli;

import io.spprof.profile.TimeRange;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Map;
import javax.management.JMException;
import javax.management.openmbean.CompositeData;

/** Tells the user if a session no longer has, or never had, the beginning of a range of time. */
final class KeptPart {

  private KeptPart() {}

  /**
   * Prints a line for each range that begins before the kept part of the session.
   *
   * @param ranges valid ranges; "" for the whole session, which needs no line
   */
  static void compare(Bean bean, PrintWriter messages, String... ranges)
      throws IOException, JMException {
    Map<String, Object> now = bean.attributes("State", "Kept");
    if (!(now.get("Kept") instanceof CompositeData kept)) {
      return; // an older agent
    }
    // While a session runs, this is the target's clock.
    boolean isRunning = "RUNNING".equals(now.get("State"));
    long nowMillis = isRunning ? (Long) kept.get("toMillis") : System.currentTimeMillis();
    long keptFromMillis = (Long) kept.get("fromMillis");
    for (String range : ranges) {
      long fromMillis = TimeRange.parse(range, nowMillis).fromMillis();
      if (fromMillis != TimeRange.ALL.fromMillis() && fromMillis < keptFromMillis) {
        messages.println(
            Main.shown(range)
                + " begins before what the session has, which begins at "
                + Instant.ofEpochMilli(keptFromMillis));
      }
    }
  }
}
