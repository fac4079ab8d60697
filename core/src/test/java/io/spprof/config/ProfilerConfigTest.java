package io.spprof.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.sampler.Engine;
import io.spprof.sampler.NativeFrames;
import io.spprof.sampler.Walker;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProfilerConfigTest {

  private static final String DEFAULTS =
      "interval=10ms,memory=32m,depth=512,engine=auto,walker=auto,mode=session,"
          + "window=10s,retention=1h,native=all";

  private static String refusal(String options) {
    return assertThrows(IllegalArgumentException.class, () -> ProfilerConfig.parse(options))
        .getMessage();
  }

  private static void assertContains(String part, String message) {
    assertTrue(message.contains(part), () -> "no '" + part + "' in: " + message);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", " ", "\t\n"})
  void shouldTakeTheDefaultsForNothing(String options) {
    assertSame(ProfilerConfig.DEFAULT, ProfilerConfig.parse(options));
    assertEquals(DEFAULTS, ProfilerConfig.DEFAULT.toOptions());
  }

  @ParameterizedTest
  @CsvSource({
    "interval=100us, 100000",
    "interval=1000us, 1000000",
    "interval=1ms, 1000000",
    "interval=1s, 1000000000"
  })
  void shouldReadIntervals(String option, long nanos) {
    assertEquals(nanos, ProfilerConfig.parse(option).intervalNanos());
  }

  @ParameterizedTest
  @CsvSource({"duration=1s, 1", "duration=60s, 60", "duration=2m, 120", "duration=24h, 86400"})
  void shouldReadDurations(String option, long seconds) {
    assertEquals(seconds, ProfilerConfig.parse(option).durationSeconds());
  }

  @ParameterizedTest
  @CsvSource({"memory=1m, 1048576", "memory=1024k, 1048576", "memory=1g, 1073741824"})
  void shouldReadMemory(String option, long bytes) {
    assertEquals(bytes, ProfilerConfig.parse(option).memoryBytes());
  }

  @Test
  void shouldReadDepthEngineAndWalker() {
    assertEquals(1, ProfilerConfig.parse("depth=1").depth());
    assertEquals(2048, ProfilerConfig.parse("depth=2048").depth());
    assertEquals(Engine.CTIMER, ProfilerConfig.parse("engine=ctimer").engine());
    assertEquals(Engine.ITIMER, ProfilerConfig.parse("engine=itimer").engine());
    assertEquals(Walker.AGCT, ProfilerConfig.parse("walker=agct").walker());
    assertEquals(NativeFrames.NONE, ProfilerConfig.parse("native=none").nativeFrames());
    assertEquals(NativeFrames.ALL, ProfilerConfig.parse("native=all").nativeFrames());
  }

  @Test
  void shouldReadAllAtOnceAndStripBlanks() {
    assertEquals(
        new ProfilerConfig(
            1_000_000,
            60,
            64L << 20,
            128,
            Engine.CTIMER,
            Walker.AGCT,
            Mode.SESSION,
            20,
            7200,
            1.5,
            NativeFrames.NONE),
        ProfilerConfig.parse(
            " walker = agct, interval=1ms ,duration=1m,memory=64m,depth=128,engine=ctimer,"
                + "window=20s,mode=session,retention=2h,budget=1.50,native=none"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "interval=99us",
        "interval=1001ms",
        "interval=2s",
        "interval=0ms",
        "interval=10",
        "interval=",
        "interval=ms",
        "interval=-1ms",
        "interval=1.5ms",
        "interval=1 ms",
        "interval=1MS",
        "interval=1ns",
        "interval=1h",
        "interval=99999999999999999999s",
        "interval=999999999s",
        "interval=١ms",
        "interval=1ms=2",
        "interval=+1ms"
      })
  void shouldRefuseBadIntervals(String option) {
    assertNamed(option, "interval=100us..1s (us, ms, s)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "duration=0s", "duration=0h", "duration=25h", "duration=86401s", "duration=1d",
        "duration=1ms", "duration=60", "duration=", "duration=-1s", "duration=1m30s"
      })
  void shouldRefuseBadDurations(String option) {
    assertNamed(option, "duration=1s..24h (s, m, h)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "memory=0m",
        "memory=1023k",
        "memory=2g",
        "memory=1025m",
        "memory=1t",
        "memory=32",
        "memory=",
        "memory=32M",
        "memory=-1m",
        "memory=999999999g"
      })
  void shouldRefuseBadMemory(String option) {
    assertNamed(option, "memory=1m..1g (k, m, g)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"depth=0", "depth=-1", "depth=2049", "depth=1k", "depth=", "depth=1e2"})
  void shouldRefuseBadDepths(String option) {
    assertNamed(option, "depth=1..2048");
  }

  @ParameterizedTest
  @ValueSource(strings = {"engine=", "engine=AUTO", "engine=perf", "engine=auto|ctimer|"})
  void shouldRefuseUnknownEngines(String option) {
    assertNamed(option, "engine=auto|ctimer|itimer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"walker=", "walker=Agct", "walker=fp"})
  void shouldRefuseUnknownWalkers(String option) {
    assertNamed(option, "walker=auto|");
  }

  /** Checks that the message has the key, the wrong value and the valid range. */
  private static void assertNamed(String option, String range) {
    String message = refusal(option);
    assertContains(option.substring(0, option.indexOf('=') + 1), message);
    assertContains("valid: " + range, message);
  }

  @Test
  void shouldShowTheRefusedValue() {
    assertContains("interval=99us", refusal("interval=99us"));
    assertContains("duration=25h", refusal("duration=25h"));
    assertContains("memory=2g", refusal("memory=2g"));
    assertContains("depth=0 ", refusal("depth=0"));
    assertContains("depth=999999999", refusal("depth=999999999"));
    assertContains("engine=perf", refusal("engine=perf"));
  }

  /** JConsole prefills text fields with the name of their type. */
  @Test
  void shouldRefuseTheWordString() {
    String message = refusal("String");

    assertContains("'String' is not key=value", message);
    ProfilerConfig.HELP.forEach(line -> assertContains(line, message));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Interval=1ms", "=1ms", "intervall=1ms", "start=true"})
  void shouldRefuseUnknownKeysWithTheKnownOnes(String option) {
    String message = refusal(option);
    assertContains("unknown option", message);
    ProfilerConfig.HELP.forEach(line -> assertContains(line, message));
  }

  @ParameterizedTest
  @ValueSource(strings = {",", "depth=1,", ",depth=1", "depth=1,,interval=1ms", "depth", "depth:1"})
  void shouldRefuseWhatIsNotPairs(String options) {
    assertContains("is not key=value", refusal(options));
  }

  @Test
  void shouldRefuseAKeyThatIsGivenTwice() {
    assertContains("'depth' is given twice", refusal("depth=1,interval=1ms,depth=1"));
    assertContains("'depth' is given twice", refusal("depth=1, depth =2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "interval=100us",
        "interval=1500us,duration=90s,memory=1536k,depth=7",
        "interval=1s,duration=24h,memory=1g,depth=2048,engine=ctimer,walker=agct"
      })
  void shouldReadItsOwnOptionsBack(String options) {
    ProfilerConfig config = ProfilerConfig.parse(options);

    assertEquals(config, ProfilerConfig.parse(config.toOptions()));
  }

  @Test
  void shouldWriteEveryOption() {
    String all =
        "interval=2ms,duration=90s,memory=64m,depth=7,engine=ctimer,walker=agct,mode=session"
            + ",window=20s,retention=2h,budget=1.5,native=none";
    List<String> given = keys(List.of(all.split(",")));

    assertEquals(keys(ProfilerConfig.HELP), given, "each option has a value in this test");
    assertEquals(ProfilerConfig.class.getRecordComponents().length, given.size());
    assertEquals(all, ProfilerConfig.parse(all).toOptions());
  }

  private static List<String> keys(List<String> options) {
    return options.stream().map(option -> option.substring(0, option.indexOf('='))).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "99999, 0, 1048576, 1, interval",
    "1000000001, 0, 1048576, 1, interval",
    "100001, 0, 1048576, 1, interval",
    "1000000, -1, 1048576, 1, duration",
    "1000000, 86401, 1048576, 1, duration",
    "1000000, 0, 1048575, 1, memory",
    "1000000, 0, 1048577, 1, memory",
    "1000000, 0, 1073741825, 1, memory",
    "1000000, 0, 1048576, 0, depth",
    "1000000, 0, 1048576, 2049, depth"
  })
  void shouldRefuseToBeMadeWithWhatItsOptionsCannotSay(
      long interval, long duration, long memory, int depth, String key) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new ProfilerConfig(
                        interval,
                        duration,
                        memory,
                        depth,
                        Engine.AUTO,
                        Walker.AUTO,
                        Mode.SESSION,
                        10,
                        3600,
                        0,
                        NativeFrames.ALL))
            .getMessage();
    assertContains(key + "=", message);
    assertContains("valid: " + key, message);
  }

  @ParameterizedTest
  @CsvSource({"budget=0.05, 0.05", "budget=1, 1", "budget=1.50, 1.5", "budget=100, 100"})
  void shouldReadBudgets(String option, double percent) {
    ProfilerConfig config = ProfilerConfig.parse(option);

    assertEquals(percent, config.budgetPercent());
    assertEquals(config, ProfilerConfig.parse(config.toOptions()));
    assertContains(",budget=" + ("" + percent).replaceAll("[.]0$", ""), config.toOptions());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "budget=0",
        "budget=0.00",
        "budget=0.04",
        "budget=100.01",
        "budget=101",
        "budget=1.005",
        "budget=1%",
        "budget=-1",
        "budget=1e1",
        "budget=.5",
        "budget=1.",
        "budget=",
        "budget=NaN"
      })
  void shouldRefuseBadBudgets(String option) {
    assertNamed(option, "budget=0.05..100 (percent of one CPU)");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, -1, 0.04, 1.005, 101, Double.POSITIVE_INFINITY})
  void shouldRefuseBadBudgetsFromPrograms(double percent) {
    ProfilerConfig d = ProfilerConfig.DEFAULT;
    assertContains(
        "valid: budget=",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new ProfilerConfig(
                        d.intervalNanos(),
                        0,
                        d.memoryBytes(),
                        d.depth(),
                        d.engine(),
                        d.walker(),
                        d.mode(),
                        10,
                        3600,
                        percent,
                        NativeFrames.ALL))
            .getMessage());
  }

  @Test
  void shouldReadAContinuousSessionInAnyOrderAndSayItAgain() {
    ProfilerConfig config = ProfilerConfig.parse("window=1h,retention=30d,mode=continuous");

    assertEquals(Mode.CONTINUOUS, config.mode());
    assertEquals(3600, config.windowSeconds());
    assertEquals(30 * 86_400, config.retentionSeconds());
    assertEquals(config, ProfilerConfig.parse(config.toOptions()));
    assertEquals(Mode.SESSION, ProfilerConfig.parse("duration=5s,mode=session", config).mode());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "mode=always; mode=session|continuous",
        "window=0s; window=1s..1h",
        "window=61m; window=1s..1h",
        "window=1d; window=1s..1h",
        "retention=59s; retention=1m..30d",
        "retention=31d; retention=1m..30d",
        "mode=continuous,duration=60s; leave out duration",
        "window=1h,retention=30m; longer than retention=30m",
        "window=1s,retention=30d; more than 100000 windows"
      })
  void shouldRefuseWhatNoContinuousSessionCanDo(String options, String message) {
    assertContains(
        message,
        assertThrows(IllegalArgumentException.class, () -> ProfilerConfig.parse(options))
            .getMessage());
  }

  @Test
  void shouldRefuseNoiseWithNothingButIllegalArgument() {
    Random random = new Random(42);
    String[] words = {
      "interval",
      "duration",
      "memory",
      "depth",
      "engine",
      "walker",
      "=",
      "=",
      ",",
      "1",
      "10",
      "us",
      "ms",
      "s",
      "m",
      "h",
      "k",
      "g",
      "auto",
      "ctimer",
      "itimer",
      " ",
      "-",
      "\u0000",
      "🔥",
      "999999999",
      "0"
    };
    int accepted = 0;
    for (int i = 0; i < 5000; i++) {
      StringBuilder noise = new StringBuilder();
      for (int n = random.nextInt(9); n >= 0; n--) {
        noise.append(
            random.nextInt(10) == 0
                ? String.valueOf((char) random.nextInt(0x10000))
                : words[random.nextInt(words.length)]);
      }
      try {
        ProfilerConfig config = ProfilerConfig.parse(noise.toString());
        assertEquals(config, ProfilerConfig.parse(config.toOptions()), noise.toString());
        accepted++;
      } catch (IllegalArgumentException refused) {
        assertTrue(!refused.getMessage().isBlank());
      }
    }
    assertTrue(accepted > 0 && accepted < 5000);
  }
}
