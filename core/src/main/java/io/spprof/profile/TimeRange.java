package io.spprof.profile;

import io.spprof.text.Input;
import io.spprof.text.Printable;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.lang3.StringUtils;

/**
 * A range of time that a client asks for. The answer is a profile that consists of whole windows
 * (the stretches of time into which a continuous session divides its past): from the window in
 * which the range begins to the window before the one in which it ends.
 *
 * @param fromMillis the beginning of the range, in milliseconds since the epoch; {@link
 *     Long#MIN_VALUE} for "from the start"
 * @param toMillis the end of the range, in milliseconds since the epoch, after the beginning;
 *     {@link Long#MAX_VALUE} for "up to now"
 */
public record TimeRange(long fromMillis, long toMillis) {

  // Written out: the generated methods of a record can keep its class loader (RecordMethodsTest).
  @Override
  public boolean equals(Object other) {
    return other instanceof TimeRange that
        && fromMillis == that.fromMillis
        && toMillis == that.toMillis;
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(fromMillis) + Long.hashCode(toMillis);
  }

  /** The whole session. */
  public static final TimeRange ALL = new TimeRange(Long.MIN_VALUE, Long.MAX_VALUE);

  /** The syntax of a range, for error messages and help. */
  public static final String HELP =
      "last=1s..30d (s, m, h, d), or from=TIME and/or to=TIME, where TIME is -10m (ago), an ISO-8601"
          + " instant (2026-01-31T12:00:00Z), or milliseconds since the epoch; empty for all";

  private static final Map<String, Long> UNITS =
      Map.of("s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
  private static final long MOST_MILLIS = 30 * 86_400_000L;

  /**
   * Reads a range.
   *
   * @param text a range, for instance {@code last=10m} or {@code from=-30m,to=-20m}; null or blank
   *     for all
   * @param nowMillis the present time, in milliseconds since the epoch
   * @return the range
   * @throws IllegalArgumentException if the text is no valid range; the message has the text and
   *     the syntax
   */
  public static TimeRange parse(String text, long nowMillis) {
    Input.checkLength("a range", text, Input.MOST);
    if (StringUtils.isBlank(text)) {
      return ALL;
    }
    Map<String, String> given = new HashMap<>();
    for (String pair : StringUtils.splitPreserveAllTokens(text, ',')) {
      String key = StringUtils.substringBefore(pair, "=").strip();
      if (!pair.contains("=") || !key.equals("last") && !key.equals("from") && !key.equals("to")) {
        throw invalid("'" + Printable.of(pair.strip()) + "' is no part of a range");
      }
      if (given.put(key, StringUtils.substringAfter(pair, "=").strip()) != null) {
        throw invalid("'" + key + "' is given twice");
      }
    }
    String last = given.remove("last");
    if (last != null && !given.isEmpty()) {
      throw invalid("last=" + Printable.of(last) + " stands alone, without from and to");
    }
    long from = ALL.fromMillis;
    long to = ALL.toMillis;
    if (last != null) {
      from = nowMillis - span("last", last, last);
    }
    if (given.containsKey("from")) {
      from = time("from", given.get("from"), nowMillis);
    }
    if (given.containsKey("to")) {
      to = time("to", given.get("to"), nowMillis);
    }
    if (from >= to) {
      throw invalid("'" + Printable.of(text) + "' ends before it begins");
    }
    return new TimeRange(from, to);
  }

  private static long time(String key, String value, long nowMillis) {
    if (value.startsWith("-")) {
      return nowMillis - span(key, value.substring(1), value);
    }
    if (!value.isEmpty() && value.length() <= 15 && StringUtils.containsOnly(value, "0123456789")) {
      return Long.parseLong(value);
    }
    try {
      return Instant.parse(value).toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw invalid(key + "=" + Printable.of(value) + " is no time");
    }
  }

  private static long span(String key, String value, String shown) {
    String number = StringUtils.chop(value);
    Long unit = UNITS.get(StringUtils.right(value, 1));
    if (unit == null
        || number.isEmpty()
        || number.length() > 9
        || !StringUtils.containsOnly(number, "0123456789")
        || Long.parseLong(number) == 0
        || Long.parseLong(number) * unit > MOST_MILLIS) {
      throw invalid(key + "=" + Printable.of(shown) + " is out of range, or no span of time");
    }
    return Long.parseLong(number) * unit;
  }

  private static IllegalArgumentException invalid(String what) {
    return new IllegalArgumentException(what + "; valid: " + HELP);
  }
}
