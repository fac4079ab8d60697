package io.spprof.config;

import io.spprof.sampler.Engine;
import io.spprof.sampler.NativeFrames;
import io.spprof.sampler.SamplerConfig;
import io.spprof.sampler.Walker;
import io.spprof.text.Input;
import io.spprof.text.Printable;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.commons.lang3.StringUtils;

/**
 * The options of a session. Immutable. The constructor and {@link #parse} refuse values that are
 * out of range, so every existing object has valid options.
 *
 * @param intervalNanos CPU time between two samples of a thread, in nanoseconds: 100 µs to 1 s, a
 *     multiple of 1 µs
 * @param durationSeconds how long to sample, in seconds: 1 s to 24 h, or 0 for "until stopped"
 * @param memoryBytes the bound for the ring and the tables together, in bytes: 1 MiB to 1 GiB, a
 *     multiple of 1 KiB
 * @param depth how many frames of a stack are kept, 1 to 2048. Of a deeper stack, the frames at the
 *     leaf end are kept
 * @param engine what makes the sampling signals
 * @param walker the code that walks the stacks
 * @param mode how samples are kept; a continuous session has no duration
 * @param windowSeconds the length of a window of time, in seconds: 1 s to 1 h, at most the
 *     retention; used by a continuous session only
 * @param retentionSeconds how long windows are kept, in seconds: 1 min to 30 d; used by a
 *     continuous session only
 * @param budgetPercent the maximum measured overhead, in percent of one CPU: 0.05 to 100, with at
 *     most two decimals. The profiler lengthens the interval as far as the budget requires. 0 for
 *     no budget: the interval does not change
 * @param nativeFrames which frames of native code stand in the profile
 */
public record ProfilerConfig(
    long intervalNanos,
    long durationSeconds,
    long memoryBytes,
    int depth,
    Engine engine,
    Walker walker,
    Mode mode,
    long windowSeconds,
    long retentionSeconds,
    double budgetPercent,
    NativeFrames nativeFrames) {

  private static final long MIN_INTERVAL_NANOS = TimeUnit.MICROSECONDS.toNanos(100);
  private static final long MAX_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MAX_DURATION_SECONDS = TimeUnit.HOURS.toSeconds(24);
  private static final long MIN_MEMORY = 1L << 20;
  private static final long MAX_MEMORY = 1L << 30;
  private static final long MAX_WINDOW_SECONDS = TimeUnit.HOURS.toSeconds(1);
  private static final long MAX_WINDOWS = 100_000;
  private static final long MIN_RETENTION_SECONDS = TimeUnit.MINUTES.toSeconds(1);
  private static final long MAX_RETENTION_SECONDS = TimeUnit.DAYS.toSeconds(30);
  private static final double MIN_BUDGET = 0.05;
  private static final double MAX_BUDGET = 100;
  private static final Pattern PERCENT = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,2})?");

  /**
   * The units that each kind of option accepts, as multiples of the unit in which this record keeps
   * the value: nanoseconds, seconds or bytes.
   */
  private static final Map<String, Long> INTERVAL_UNITS =
      Map.of("s", 1_000_000_000L, "ms", 1_000_000L, "us", 1_000L);

  private static final Map<String, Long> DURATION_UNITS = Map.of("h", 3600L, "m", 60L, "s", 1L);
  private static final Map<String, Long> RETENTION_UNITS =
      Map.of("d", 86_400L, "h", 3600L, "m", 60L, "s", 1L);
  private static final Map<String, Long> MEMORY_UNITS =
      Map.of("g", 1L << 30, "m", 1L << 20, "k", 1L << 10);

  /**
   * One line for each option, for error messages and help: the option's key and its valid values.
   */
  public static final List<String> HELP =
      List.of(
          "interval=100us..1s (us, ms, s)",
          "duration=1s..24h (s, m, h)",
          "memory=1m..1g (k, m, g)",
          "depth=1..2048",
          "engine=" + names(Engine.values()),
          "walker=" + names(Walker.values()),
          "mode=" + names(Mode.values()),
          "window=1s..1h (s, m, h)",
          "retention=1m..30d (s, m, h, d)",
          "budget=0.05..100 (percent of one CPU)",
          "native=" + names(NativeFrames.values()));

  /** The options of a session that is started without options. */
  public static final ProfilerConfig DEFAULT =
      new ProfilerConfig(
          TimeUnit.MILLISECONDS.toNanos(10),
          0,
          32L << 20,
          512,
          Engine.AUTO,
          Walker.AUTO,
          Mode.SESSION,
          10,
          3600,
          0,
          NativeFrames.ALL);

  /**
   * Checks every value.
   *
   * @throws IllegalArgumentException if a value is out of range; the message has the value and the
   *     range
   */
  public ProfilerConfig {
    inRange("interval", intervalNanos, MIN_INTERVAL_NANOS, MAX_INTERVAL_NANOS, 0);
    inRange("duration", durationSeconds, durationSeconds == 0 ? 0 : 1, MAX_DURATION_SECONDS, 1);
    inRange("memory", memoryBytes, MIN_MEMORY, MAX_MEMORY, 2);
    inRange("depth", depth, 1, SamplerConfig.MAX_DEPTH, 3);
    inRange("window", windowSeconds, 1, MAX_WINDOW_SECONDS, 7);
    inRange("retention", retentionSeconds, MIN_RETENTION_SECONDS, MAX_RETENTION_SECONDS, 8);
    checkBudget(budgetPercent);
    if (mode == Mode.CONTINUOUS && durationSeconds != 0) {
      throw new IllegalArgumentException(
          "duration="
              + inUnits(durationSeconds, DURATION_UNITS)
              + ": a continuous session does not end by itself; leave out duration, or use"
              + " mode=session");
    }
    if (windowSeconds > retentionSeconds) {
      throw new IllegalArgumentException(
          "window="
              + inUnits(windowSeconds, DURATION_UNITS)
              + " is longer than retention="
              + inUnits(retentionSeconds, RETENTION_UNITS)
              + "; use a shorter window or a longer retention");
    }
    if (retentionSeconds / windowSeconds > MAX_WINDOWS) {
      throw new IllegalArgumentException(
          "window="
              + inUnits(windowSeconds, DURATION_UNITS)
              + " and retention="
              + inUnits(retentionSeconds, RETENTION_UNITS)
              + " make more than "
              + MAX_WINDOWS
              + " windows; use a longer window or a shorter retention");
    }
  }

  /**
   * Reads options. An option that is not given has its value in {@link #DEFAULT}.
   *
   * @param options as in {@link #parse(String, ProfilerConfig)}
   * @return the options
   * @throws IllegalArgumentException if an option is not valid; the message has the value and the
   *     valid keys or the range
   */
  public static ProfilerConfig parse(String options) {
    return parse(options, DEFAULT);
  }

  /**
   * Reads options. An option that is not given has its value in {@code defaults}.
   *
   * @param options {@code key=value} pairs joined by commas, for instance {@code
   *     interval=1ms,duration=60s}; null or blank for the defaults
   * @param defaults the values of the options that are not given
   * @return the options
   * @throws IllegalArgumentException if an option is not valid; the message has the value and the
   *     valid keys or the range
   */
  public static ProfilerConfig parse(String options, ProfilerConfig defaults) {
    Input.checkLength("options", options, Input.MOST);
    Map<String, String> values = new LinkedHashMap<>();
    if (StringUtils.isBlank(options)) {
      return defaults;
    }
    for (String pair : StringUtils.splitPreserveAllTokens(options, ',')) {
      String key = StringUtils.substringBefore(pair, "=").strip();
      if (!pair.contains("=")) {
        throw new IllegalArgumentException(
            "'" + Printable.of(pair.strip()) + "' is not key=value; valid: " + validKeys());
      }
      if (values.put(key, StringUtils.substringAfter(pair, "=").strip()) != null) {
        throw new IllegalArgumentException(
            "'" + Printable.of(key) + "' is given twice; give it once");
      }
    }
    return defaults.with(values);
  }

  /**
   * Returns a copy with some options changed.
   *
   * @param values the new values, by the keys of their options
   * @return the copy
   * @throws IllegalArgumentException if an option is not valid; the message has the value and the
   *     valid keys or the range
   */
  public ProfilerConfig with(Map<String, String> values) {
    long interval = intervalNanos;
    long duration = durationSeconds;
    long memory = memoryBytes;
    int frames = depth;
    Engine withEngine = engine;
    Walker withWalker = walker;
    Mode withMode = mode;
    long window = windowSeconds;
    long retention = retentionSeconds;
    double budget = budgetPercent;
    NativeFrames withNative = nativeFrames;
    for (Map.Entry<String, String> entry : values.entrySet()) {
      String key = entry.getKey();
      String value = entry.getValue();
      switch (key) {
        case "interval" -> interval = quantity(key, value, INTERVAL_UNITS, 0);
        case "duration" -> {
          duration = quantity(key, value, DURATION_UNITS, 1);
          inRange(key, duration, 1, MAX_DURATION_SECONDS, 1);
        }
        case "memory" -> memory = quantity(key, value, MEMORY_UNITS, 2);
        case "depth" -> frames = (int) quantity(key, value, Map.of(), 3);
        case "engine" -> withEngine = choice(key, value, Engine.values());
        case "walker" -> withWalker = choice(key, value, Walker.values());
        case "mode" -> withMode = choice(key, value, Mode.values());
        case "window" -> window = quantity(key, value, DURATION_UNITS, 7);
        case "retention" -> retention = quantity(key, value, RETENTION_UNITS, 8);
        case "budget" -> budget = percent(key, value);
        case "native" -> withNative = choice(key, value, NativeFrames.values());
        default ->
            throw new IllegalArgumentException(
                "unknown option '" + Printable.of(key) + "'; valid: " + validKeys());
      }
    }
    // The options mode=continuous and duration exclude each other. If one of them is in the new
    // values, it replaces the other one in the present options.
    if (values.containsKey("mode") && withMode == Mode.CONTINUOUS) {
      duration = values.containsKey("duration") ? duration : 0;
    } else if (values.containsKey("duration") && !values.containsKey("mode")) {
      withMode = Mode.SESSION;
    }
    return new ProfilerConfig(
        interval,
        duration,
        memory,
        frames,
        withEngine,
        withWalker,
        withMode,
        window,
        retention,
        budget,
        withNative);
  }

  /**
   * Returns all options in the form that {@link #parse} reads. Leaves out duration and budget if
   * they are not set.
   *
   * @return for instance {@code interval=10ms,memory=32m,depth=512,engine=auto,walker=auto,
   *     mode=session,window=10s,retention=1h,native=all}
   */
  public String toOptions() {
    return "interval="
        + inUnits(intervalNanos, INTERVAL_UNITS)
        + (durationSeconds == 0 ? "" : ",duration=" + inUnits(durationSeconds, DURATION_UNITS))
        + ",memory="
        + inUnits(memoryBytes, MEMORY_UNITS)
        + ",depth="
        + depth
        + ",engine="
        + engine.name().toLowerCase(Locale.ROOT)
        + ",walker="
        + walker.name().toLowerCase(Locale.ROOT)
        + ",mode="
        + mode.name().toLowerCase(Locale.ROOT)
        + ",window="
        + inUnits(windowSeconds, DURATION_UNITS)
        + ",retention="
        + inUnits(retentionSeconds, RETENTION_UNITS)
        + (budgetPercent == 0 ? "" : ",budget=" + plain(budgetPercent))
        + ",native="
        + nativeFrames.name().toLowerCase(Locale.ROOT);
  }

  private static String validKeys() {
    return String.join(", ", HELP);
  }

  private static String names(Enum<?>[] values) {
    return StringUtils.join(values, '|').toLowerCase(Locale.ROOT);
  }

  private static <E extends Enum<E>> E choice(String key, String value, E[] values) {
    for (E candidate : values) {
      if (candidate.name().toLowerCase(Locale.ROOT).equals(value)) {
        return candidate;
      }
    }
    throw new IllegalArgumentException(
        key + "=" + Printable.of(value) + ": valid: " + key + "=" + names(values));
  }

  /**
   * Reads a whole number and its unit. If {@code units} is empty, the number has no unit.
   *
   * @param help the index of the option's line in {@link #HELP}, for the message
   */
  private static long quantity(String key, String value, Map<String, Long> units, int help) {
    int digits = StringUtils.indexOfAnyBut(value, "0123456789");
    String number = digits < 0 ? value : value.substring(0, digits);
    String unit = digits < 0 ? "" : value.substring(digits);
    Long factor = units.isEmpty() && unit.isEmpty() ? Long.valueOf(1) : units.get(unit);
    if (number.isEmpty() || number.length() > 9 || factor == null) {
      throw new IllegalArgumentException(
          key + "=" + Printable.of(value) + ": valid: " + HELP.get(help));
    }
    return Long.parseLong(number) * factor;
  }

  /** Reads a percentage with up to two decimals. */
  private static double percent(String key, String value) {
    if (!PERCENT.matcher(value).matches()) {
      throw new IllegalArgumentException(
          key + "=" + Printable.of(value) + ": valid: " + HELP.get(9));
    }
    double percent = Double.parseDouble(value);
    if (percent == 0) { // 0 is not allowed here, because in the record 0 stands for no budget.
      throw new IllegalArgumentException(
          key + "=" + value + " is out of range; valid: " + HELP.get(9));
    }
    return percent;
  }

  private static void checkBudget(double percent) {
    if (percent != 0
        && !(percent >= MIN_BUDGET
            && percent <= MAX_BUDGET
            && percent == Math.rint(percent * 100) / 100)) {
      throw new IllegalArgumentException(
          "budget=" + plain(percent) + " is out of range; valid: " + HELP.get(9));
    }
  }

  /**
   * Formats a percentage without trailing zeros after the decimal point.
   *
   * @param percent any number
   * @return the number in decimals, not null
   */
  public static String plain(double percent) {
    return Double.isFinite(percent)
        ? BigDecimal.valueOf(percent).stripTrailingZeros().toPlainString()
        : Double.toString(percent);
  }

  /**
   * Checks that a value is in its range.
   *
   * @param help the index of the option's line in {@link #HELP}, which also determines the units of
   *     the message
   */
  private static void inRange(String key, long value, long min, long max, int help) {
    // The text form of the options cannot express a fraction of the smallest unit.
    boolean whole = value % (help == 0 ? 1000 : help == 2 ? 1024 : 1) == 0;
    if (value < min || value > max || !whole) {
      String shown =
          switch (help) {
            case 0 -> whole ? inUnits(value, INTERVAL_UNITS) : value + "ns";
            case 1 -> inUnits(value, DURATION_UNITS);
            case 2 -> whole ? inUnits(value, MEMORY_UNITS) : value + " bytes";
            case 7, 8 -> inUnits(value, RETENTION_UNITS);
            default -> Long.toString(value);
          };
      throw new IllegalArgumentException(
          key + "=" + shown + " is out of range; valid: " + HELP.get(help));
    }
  }

  /** Formats a value in the largest unit that leaves no remainder. */
  private static String inUnits(long value, Map<String, Long> units) {
    String best = "";
    long bestFactor = 0;
    for (Map.Entry<String, Long> unit : units.entrySet()) {
      long factor = unit.getValue();
      if (factor > bestFactor && value % factor == 0 && (value != 0 || factor == 1)) {
        best = unit.getKey();
        bestFactor = factor;
      }
    }
    return bestFactor == 0 ? Long.toString(value) : value / bestFactor + best;
  }
}
