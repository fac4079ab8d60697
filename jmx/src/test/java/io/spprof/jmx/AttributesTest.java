package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.spprof.Profiler;
import io.spprof.ProfilerState;
import io.spprof.config.ProfilerConfig;
import io.spprof.jmx.Mocks.Fixture;
import io.spprof.profile.HotMethods;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DropReason;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.management.Attribute;
import javax.management.MBeanAttributeInfo;
import javax.management.openmbean.CompositeData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mockito.Mockito;

class AttributesTest {

  /** The attributes whose value is a record or a list of records. */
  private static final Set<String> RECORDS =
      Set.of(
          "DroppedByReason",
          "HotMethods",
          "HotMethodsAll",
          "HotMethodsLastMinute",
          "Kept",
          "Session");

  static Stream<Arguments> everyState() {
    return Stream.<Map.Entry<String, Supplier<Profiler>>>of(
            Map.entry("idle", Mocks::idle),
            Map.entry("running", Mocks::running),
            Map.entry("failed", Mocks::failed),
            Map.entry("not a number", AttributesTest::notANumber),
            Map.entry("null", () -> Mockito.mock(Profiler.class)))
        .map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("everyState")
  void shouldAnswerEveryAttributeOneByOneAndInBulk(String state, Supplier<Profiler> profiler)
      throws Exception {
    try (Fixture bean = Mocks.fixture(profiler.get())) {
      String[] names = names(bean);
      Set<String> answered = new TreeSet<>();
      for (Attribute attribute : bean.server().getAttributes(bean.name(), names).asList()) {
        assertUsable(attribute.getName(), attribute.getValue());
        answered.add(attribute.getName());
      }
      assertEquals(new TreeSet<>(List.of(names)), answered);
      for (String name : names) {
        assertUsable(name, bean.get(name));
      }
    }
  }

  @Test
  void shouldAnswerEveryAttributeWhenTheProfilerThrowsErrors() throws Exception {
    Profiler profiler = Mocks.idle();
    try (Fixture bean = Mocks.fixture(profiler)) {
      Error error = new NoClassDefFoundError("com/sun/jna/Native");
      when(profiler.state()).thenThrow(error);
      when(profiler.stats()).thenThrow(error);
      when(profiler.config()).thenThrow(error);
      when(profiler.lastError()).thenThrow(error);
      when(profiler.hotMethods(Mockito.any())).thenThrow(error);
      String[] names = names(bean);
      assertEquals(names.length, bean.server().getAttributes(bean.name(), names).size());
      for (String name : names) {
        assertUsable(name, bean.get(name));
      }
      assertEquals("FAILED", bean.get("State"));
    }
  }

  @Test
  void shouldShowTheProfilersFiguresWhileRunning() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.running())) {
      Map<String, Object> expected = new TreeMap<>();
      expected.put("Version", Version.get());
      expected.put("State", "RUNNING");
      expected.put("Running", true);
      expected.put("LastError", "");
      expected.put("Options", Mocks.RUNNING_CONFIG.toOptions());
      expected.put("Engine", "ctimer");
      expected.put("StackWalker", "agct");
      expected.put("IntervalNanos", 1_000_000L);
      expected.put("SessionsStarted", 3L);
      expected.put("Signals", 5_100L);
      expected.put("CollectedSamples", 5_000L);
      expected.put("DroppedSamples", Mocks.DROPS.total());
      expected.put("UnwalkableSamples", 7L);
      expected.put("SampledCpuTimeNanos", 50_000L);
      expected.put("JavaCpuTimeNanos", 20_000L);
      expected.put("NativeCpuTimeNanos", 10_000L);
      expected.put("JvmCpuTimeNanos", 8_000L);
      expected.put("GcCpuTimeNanos", 5_000L);
      expected.put("JitCpuTimeNanos", 4_000L);
      expected.put("JvmThreadsCpuTimeNanos", 1_500L);
      expected.put("LibraryThreadsCpuTimeNanos", 1_000L);
      expected.put("UnknownCpuTimeNanos", 500L);
      expected.put("DroppedCpuTimeNanos", 210L);
      expected.put("UnseenCpuTimeNanos", 90L);
      expected.put("UserCpuTimeNanos", 41_000L);
      expected.put("SystemCpuTimeNanos", 12_000L);
      expected.put("CpuWaitTimeNanos", 6_000L);
      expected.put("ThrottledTimeNanos", 4_000L);
      expected.put("OverheadPercent", 1.25);
      expected.put("MeasuredOverheadPercent", 2.125);
      expected.put("OverheadCpuTimeNanos", 75_000L);
      expected.put("StackWalkTimeNanos", 30_000L);
      expected.put("ThreadsSampled", 9);
      expected.put("ThreadsFailed", 1);
      expected.put("UniqueStacks", 40L);
      expected.put("MemoryUsedBytes", 1L << 20);
      expected.put("MemoryLimitBytes", 64L << 20);
      expected.put("SamplesPerSecond", 12.5);
      expected.put("DropsPerSecond", 0.5);
      expected.put("OldestSampleAgeSeconds", 42L);
      Map<String, Object> actual = new TreeMap<>();
      for (String name : names(bean)) {
        if (!RECORDS.contains(name)) {
          actual.put(name, bean.get(name));
        }
      }
      assertEquals(expected, actual);
      assertHotMethods(100, bean.get("HotMethods"));
      assertHotMethods(200, bean.get("HotMethodsLastMinute"));
      assertHotMethods(300, bean.get("HotMethodsAll"));
      assertEquals(5, ((CompositeData) bean.get("Kept")).get("windows"));
      CompositeData session = (CompositeData) bean.get("Session");
      assertEquals(3L, session.get("id"));
      assertEquals(0.125, session.get("measuredOverheadPercent"));
    }
  }

  private static void assertHotMethods(long samples, Object attribute) {
    CompositeData hot = (CompositeData) attribute;
    assertEquals(1_000L, hot.get("fromMillis"));
    assertEquals(11_000L, hot.get("toMillis"));
    assertEquals(samples, hot.get("samples"));
    CompositeData method = ((CompositeData[]) hot.get("methods"))[0];
    assertEquals("a.B.c", method.get("method"));
    assertEquals(70.0, method.get("selfPercent"));
    assertEquals(90.0, method.get("totalPercent"));
    assertEquals(70L, method.get("samples"));
  }

  @Test
  void shouldSumDropsByReasonToDroppedSamples() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.running())) {
      CompositeData reasons = (CompositeData) bean.get("DroppedByReason");
      assertEquals(
          bean.get("DroppedSamples"),
          reasons.values().stream().mapToLong(reason -> (Long) reason).sum());
    }
  }

  @Test
  void shouldCountEachReasonUnderItsKey() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.running())) {
      CompositeData counts = (CompositeData) bean.get("DroppedByReason");
      Map<String, Object> expected = new TreeMap<>();
      Map<String, Object> actual = new TreeMap<>();
      for (DropReason reason : DropReason.values()) {
        expected.put(reason.key(), Mocks.DROPS.of(reason));
      }
      for (String key : counts.getCompositeType().keySet()) {
        actual.put(key, counts.get(key));
      }
      assertEquals(expected, actual);
    }
  }

  @Test
  void shouldReportNoRateAfterTheSession() throws Exception {
    Profiler profiler = Mocks.running();
    when(profiler.state()).thenReturn(ProfilerState.IDLE);
    try (Fixture bean = Mocks.fixture(profiler)) {
      assertEquals(0.0, bean.get("OverheadPercent"));
      assertEquals(0.0, bean.get("MeasuredOverheadPercent"));
      assertEquals(0.0, bean.get("SamplesPerSecond"));
      assertEquals(0.0, bean.get("DropsPerSecond"));
      assertEquals(0.25, ((CompositeData) bean.get("Session")).get("overheadPercent"));
    }
  }

  @Test
  void shouldReadABulkFromOneSnapshot() throws Exception {
    Profiler profiler = Mocks.running();
    try (Fixture bean = Mocks.fixture(profiler)) {
      Mockito.clearInvocations(profiler);
      bean.server().getAttributes(bean.name(), names(bean));
      verify(profiler, times(1)).stats();
      verify(profiler, times(1)).state();
      bean.get("Signals");
      verify(profiler, times(2)).stats(); // the snapshot does not outlive the bulk read
    }
  }

  @Test
  void shouldShowTheConfiguredDefaultsBeforeTheFirstSession() throws Exception {
    Settings settings =
        new Settings(
            ProfilerConfig.parse("interval=2ms,memory=128m"), false, false, null, null, "");
    try (Fixture bean = Mocks.fixture(Mocks.idle(), settings)) {
      assertEquals(settings.defaults().toOptions(), bean.get("Options"));
      assertEquals(2_000_000L, bean.get("IntervalNanos"));
      assertEquals(128L << 20, bean.get("MemoryLimitBytes"));
    }
    try (Fixture bean = Mocks.fixture(Mocks.running(), settings)) {
      assertEquals(Mocks.RUNNING_CONFIG.toOptions(), bean.get("Options"));
      assertEquals(1_000_000L, bean.get("IntervalNanos"));
    }
  }

  @Test
  void shouldShowASettingsErrorUntilTheProfilerHasOneOfItsOwn() throws Exception {
    Settings settings =
        new Settings(ProfilerConfig.DEFAULT, false, false, null, null, "interval=x: bad");
    try (Fixture bean = Mocks.fixture(Mocks.idle(), settings)) {
      assertEquals("interval=x: bad", bean.get("LastError"));
    }
    try (Fixture bean = Mocks.fixture(Mocks.failed(), settings)) {
      assertEquals("no native library for plan9-mips", bean.get("LastError"));
    }
  }

  @Test
  void shouldAnswerWhileAStartHangs() throws Exception {
    Profiler profiler = Mocks.idle();
    java.util.concurrent.CountDownLatch hang = new java.util.concurrent.CountDownLatch(1);
    java.util.concurrent.CountDownLatch inside = new java.util.concurrent.CountDownLatch(1);
    Mockito.doAnswer(
            call -> {
              inside.countDown();
              hang.await();
              return 1L;
            })
        .when(profiler)
        .start(Mockito.any());
    try (Fixture bean = Mocks.fixture(profiler)) {
      Thread starter = new Thread(() -> bean.spprof().bean().start());
      starter.start();
      inside.await();
      for (String name : names(bean)) {
        assertNotNull(bean.get(name));
      }
      assertTrue(starter.isAlive());
      hang.countDown();
      starter.join();
    }
  }

  @Test
  void shouldHaveReadOnlyAttributesOnly() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      for (MBeanAttributeInfo info : bean.server().getMBeanInfo(bean.name()).getAttributes()) {
        assertTrue(info.isReadable(), info.getName());
        assertFalse(info.isWritable(), info.getName());
      }
    }
  }

  private static String[] names(Fixture bean) throws Exception {
    return Arrays.stream(bean.server().getMBeanInfo(bean.name()).getAttributes())
        .map(MBeanAttributeInfo::getName)
        .toArray(String[]::new);
  }

  private static Profiler notANumber() {
    Profiler profiler = Mocks.running();
    SessionStats wild = new SessionStats(3, "", 0, 0, 0, 0, Double.NaN, Double.POSITIVE_INFINITY);
    ProfilerStats stats = Mocks.stats(3, wild);
    ProfilerStats.Rates rates =
        new ProfilerStats.Rates(
            Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN);
    when(profiler.stats())
        .thenReturn(
            new ProfilerStats(stats.counters(), stats.gauges(), rates, stats.setup(), wild));
    for (HotMethods.Stretch stretch : HotMethods.Stretch.values()) {
      when(profiler.hotMethods(stretch))
          .thenReturn(Mocks.hotMethods(stretch, "a.B.c", Double.NaN, Double.NEGATIVE_INFINITY));
    }
    return profiler;
  }

  private static void assertUsable(String name, Object value) {
    assertNotNull(value, name);
    if (value instanceof Double number) {
      assertTrue(Double.isFinite(number), name);
    } else if (value instanceof CompositeData record) {
      for (String key : new HashSet<>(record.getCompositeType().keySet())) {
        assertUsable(name + "." + key, record.get(key));
      }
    } else if (value instanceof CompositeData[] list) {
      for (CompositeData record : list) {
        assertUsable(name, record);
      }
    }
  }
}
